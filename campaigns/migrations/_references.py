"""Foreign keys that are checked once a statement, not once a row.

PostgreSQL checks a foreign key by a look-up for each row, at COMMIT. An upload writes a million rows with the same two
ids, enrolling as many with one, and a claim 200 calls with a handful: that was a third of their time, or more. These
triggers lock and look up each id that a statement has written once; a parent that is deleted looks for children as
always. They hold at READ COMMITTED, by which all transactions of this project run: a parent that another transaction
deletes is waited for and then missed.

Each id is looked up by itself (LATERAL): a plan that was made for one row is kept for statements of ten thousand.
"""

from collections.abc import Mapping


def references(*, child: str, name: str, keys: Mapping[str, str]) -> str:
    """Return the triggers by which each column of ``child`` in ``keys`` is an id of the table beside it, or null."""
    missing = " UNION ALL ".join(_missing(column, parent) for column, parent in keys.items())
    found = f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing text;
BEGIN
    SELECT m.what INTO missing FROM ({missing}) m LIMIT 1;
    IF FOUND THEN
        {_raise(name, child, f"format('{child}.%s', missing)")}
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER {name}_of_new AFTER INSERT ON {child}
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {name}();
"""
    return found + "".join(_of_column(child, column, parent, name) for column, parent in keys.items())


def _missing(column: str, parent: str) -> str:
    return f"""
        SELECT format('{column}: there is no {parent} %s', a.id) AS what
          FROM (SELECT DISTINCT {column} AS id FROM added WHERE {column} IS NOT NULL) a
          LEFT JOIN LATERAL (SELECT p.id FROM {parent} p WHERE p.id = a.id FOR KEY SHARE) p ON true
         WHERE p.id IS NULL"""


def _raise(name: str, table: str, message: str) -> str:
    return f"""RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = '{name}', TABLE = '{table}',
            MESSAGE = {message};"""


def _of_column(child: str, column: str, parent: str, name: str) -> str:
    own = f"{name}_{column}"
    absent = f"format('{child}.{column}: there is no {parent} %s', NEW.{column})"
    return f"""
CREATE FUNCTION {own}_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM {parent} p WHERE p.id = NEW.{column} FOR KEY SHARE;
    IF NOT FOUND THEN
        {_raise(name, child, absent)}
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION {own}_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    needed bigint;
BEGIN
    SELECT g.id INTO needed
      FROM gone g CROSS JOIN LATERAL (SELECT FROM {child} c WHERE c.{column} = g.id LIMIT 1) c LIMIT 1;
    IF FOUND THEN
        {_raise(name, parent, f"format('{parent} %s has rows in {child}', needed)")}
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER {own}_changed AFTER UPDATE OF {column} ON {child} FOR EACH ROW
    WHEN (NEW.{column} IS NOT NULL AND NEW.{column} IS DISTINCT FROM OLD.{column}) EXECUTE FUNCTION {own}_changed();
CREATE TRIGGER {own}_of_parent AFTER DELETE ON {parent}
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION {own}_kept();
"""


def unreferenced(*, name: str, keys: Mapping[str, str]) -> str:
    """Return how the triggers go away again."""
    own = (f"{name}_{column}{which}" for column in keys for which in ("_kept", "_changed"))
    return "".join(f"DROP FUNCTION {each}() CASCADE;\n" for each in (*own, name))


#: By table the name of its triggers, and the table of each column's ids.
KEYS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "campaigns_contact": (
        "contact_refers",
        {"contact_list_id": "campaigns_contactlist", "contact_import_id": "campaigns_contactimport"},
    ),
    "campaigns_lead": (
        "lead_refers",
        {"contact_id": "campaigns_contact", "campaign_id": "campaigns_campaign"},
    ),
    "campaigns_attempt": (
        "attempt_refers",
        {
            "lead_id": "campaigns_lead",
            "campaign_id": "campaigns_campaign",
            "account_id": "dialer_provideraccount",
            "did_id": "dialer_did",
            "agent_id": "dialer_agent",
            "profile_id": "campaigns_rulesprofile",
            "rules_version_id": "campaigns_rulesversion",
        },
    ),
}
REFERENCES = "".join(references(child=child, name=name, keys=keys) for child, (name, keys) in KEYS.items())
NO_REFERENCES = "".join(unreferenced(name=name, keys=keys) for name, keys in KEYS.values())
