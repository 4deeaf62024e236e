"""Enrolling looks up contacts, and locks only those that somebody else may be about to delete.

Each lead locked its contact for the rest of the transaction, as a foreign key does: that writes to each contact and to
the log, and was a fifth of PostgreSQL's work for a list. Two that may miss each other are told apart otherwise now:

* Who makes leads takes a lock that all who do so share, and then looks at the contacts. One that nobody has ever locked
  or tried to delete (``xmax = 0``) is there; others are locked one by one, as before, which waits for who deletes. Not
  under the shared lock, for which that one waits in turn: it is given back before, and taken again to look once more. (Not where an
  earlier statement of the transaction holds it: then PostgreSQL gives one of the two up.)
* Who deletes contacts has marked them by then (their ``xmax``), waits until nobody holds that lock any more, gives it
  back at once, and then looks for leads.

So either who makes leads sees the mark, or who deletes sees the leads. It is given back at once, by leaving a block with
an error, since a long list may be deleted in one transaction: nobody who makes leads may wait for all of it.

The triggers, and what they hold, stay those of ``_references.py``: old code and new see no difference.
"""

from django.db import migrations

from campaigns.migrations._references import KEYS, reference

# AdvisoryLock.CONTACTS_OF_LEADS of dialer/advisory_locks.py.
LOCK = "730513, 0"
# A plan that was made while there were few contacts is kept when there are many: never one that reads them all.
LOOK_UP = f"""
CREATE OR REPLACE FUNCTION lead_has_its_contact() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    wanted bigint[];
    there bigint;
    held bigint[] := '{{}}';
    marked bigint[];
    missing bigint;
BEGIN
    SELECT array_agg(contact_id) INTO wanted FROM added;
    LOOP
        BEGIN
            PERFORM pg_advisory_xact_lock_shared({LOCK});
            SELECT count(*) INTO there FROM campaigns_contact c
             WHERE c.id = ANY(wanted) AND (c.xmax = 0 OR c.id IN (SELECT unnest(held)));
            IF there >= cardinality(wanted) THEN
                RETURN NULL;
            END IF;
            SELECT array_agg(w.id) INTO marked
              FROM (SELECT unnest(wanted) EXCEPT SELECT c.id FROM campaigns_contact c
                     WHERE c.id = ANY(wanted) AND (c.xmax = 0 OR c.id IN (SELECT unnest(held)))) w(id);
            IF marked IS NULL THEN
                RETURN NULL;
            END IF;
            RAISE EXCEPTION USING ERRCODE = 'DL001';
        EXCEPTION WHEN SQLSTATE 'DL001' THEN
            NULL;
        END;
        SELECT w.id INTO missing
          FROM unnest(marked) w(id)
          LEFT JOIN LATERAL (SELECT c.id FROM campaigns_contact c WHERE c.id = w.id FOR KEY SHARE) c ON true
         WHERE c.id IS NULL LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'lead_has_its_contact',
                TABLE = 'campaigns_lead',
                MESSAGE = format('campaigns_lead.contact_id: there is no campaigns_contact %s', missing);
        END IF;
        held := held || marked;
    END LOOP;
END $$;
CREATE OR REPLACE FUNCTION lead_has_its_contact_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    needed bigint;
BEGIN
    BEGIN
        PERFORM pg_advisory_xact_lock({LOCK});
        RAISE EXCEPTION USING ERRCODE = 'DL001';
    EXCEPTION WHEN SQLSTATE 'DL001' THEN
        NULL;
    END;
    SELECT g.id INTO needed
      FROM gone g CROSS JOIN LATERAL (SELECT FROM campaigns_lead l WHERE l.contact_id = g.id LIMIT 1) l LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'lead_has_its_contact',
            TABLE = 'campaigns_contact', MESSAGE = format('campaigns_contact %s has rows in campaigns_lead', needed);
    END IF;
    RETURN NULL;
END $$;
"""
BEFORE = "".join(
    reference(child=child, column=column, parent=parent, name=name).partition("CREATE TRIGGER")[0]
    for child, column, parent, name in KEYS
    if name == "lead_has_its_contact"
).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(LOOK_UP, BEFORE),
    ]
