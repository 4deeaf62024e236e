"""What one change of counts, or one group of ended attempts, adds to: each thing that is counted, by its value.

A call is written down once with all that it is counted by, as that is cheap where calls end, and spread here: where
changes are folded, and where the few that are not folded yet are read.
"""

from __future__ import annotations

#: How a row ``t`` of changes is spread over what is counted: ``d``, as in KeptCount. To be joined laterally.
SPREAD = """(VALUES
    ('LEADS', t.lead_state, '', ''),
    ('OUTCOME', t.outcome, '', ''),
    ('HOUR', t.week_hour::text, t.outcome, t.disposition),
    ('DAY', to_char(t.called_on, 'YYYY-MM-DD'), t.outcome, t.disposition),
    ('DID', t.did_id::text, t.outcome, t.disposition),
    ('AGENT', t.agent_id::text, t.outcome, t.disposition),
    ('LIST', t.contact_list_id::text, t.outcome, t.disposition),
    ('TEMPLATE', t.template_id::text, t.outcome, t.disposition),
    ('NTH', t.nth::text, t.outcome, t.disposition),
    ('DISPOSITION', NULLIF(t.disposition, ''), t.outcome, '')) AS d(counted, value, outcome, disposition)"""

#: The columns by which attempts are counted, and their values of an ended attempt ``a``: as the triggers have them, at
#: the end of ``campaigns/migrations/0001_initial.py``. Attempts that count as none have an outcome, and nothing else.
COLUMNS = "campaign_id, outcome, did_id, agent_id, contact_list_id, template_id, nth, week_hour, called_on, disposition"
OF_ATTEMPT = """a.campaign_id, a.outcome,
       CASE WHEN a.is_burned THEN a.did_id END AS did_id, CASE WHEN a.is_burned THEN a.agent_id END AS agent_id,
       CASE WHEN a.is_burned THEN a.contact_list_id END AS contact_list_id,
       CASE WHEN a.is_burned THEN a.template_id END AS template_id, CASE WHEN a.is_burned THEN a.nth END AS nth,
       CASE WHEN a.is_burned THEN a.week_hour END AS week_hour,
       CASE WHEN a.is_burned THEN a.called_on END AS called_on,
       CASE WHEN a.is_burned THEN campaigns_word(a.disposition) END AS disposition,
       CASE WHEN a.is_burned THEN campaigns_ms(a.talk_seconds) ELSE 0 END AS talk_ms"""
