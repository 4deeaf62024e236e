"""Foreign keys that are checked once a statement, not once a row.

PostgreSQL checks a foreign key by a look-up for each row, at COMMIT. An upload writes a million rows with the same two
ids, and enrolling as many with one: that was a third of their time, or more. These triggers lock and look up each id
that a statement has written once; a parent that is deleted looks for children as always. They hold at READ COMMITTED,
by which all transactions of this project run: a parent that another transaction deletes is waited for and then missed.

Each id is looked up by itself (LATERAL): a plan that was made for one row is kept for statements of ten thousand.
"""


def reference(*, child: str, column: str, parent: str, name: str) -> str:
    """Return the triggers by which ``column`` of ``child`` is an id of ``parent`` or null."""
    missing = f"""RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = '{name}', TABLE = '{child}',
            MESSAGE = format('{child}.{column}: there is no {parent} %s'"""
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing bigint;
BEGIN
    SELECT a.id INTO missing
      FROM (SELECT DISTINCT {column} AS id FROM added WHERE {column} IS NOT NULL) a
      LEFT JOIN LATERAL (SELECT p.id FROM {parent} p WHERE p.id = a.id FOR KEY SHARE) p ON true
     WHERE p.id IS NULL LIMIT 1;
    IF FOUND THEN
        {missing}, missing);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION {name}_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM {parent} p WHERE p.id = NEW.{column} FOR KEY SHARE;
    IF NOT FOUND THEN
        {missing}, NEW.{column});
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION {name}_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    needed bigint;
BEGIN
    SELECT g.id INTO needed
      FROM gone g CROSS JOIN LATERAL (SELECT FROM {child} c WHERE c.{column} = g.id LIMIT 1) c LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = '{name}', TABLE = '{parent}',
            MESSAGE = format('{parent} %s has rows in {child}', needed);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER {name}_of_new AFTER INSERT ON {child}
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {name}();
CREATE TRIGGER {name}_of_changed AFTER UPDATE OF {column} ON {child} FOR EACH ROW
    WHEN (NEW.{column} IS NOT NULL AND NEW.{column} IS DISTINCT FROM OLD.{column}) EXECUTE FUNCTION {name}_changed();
CREATE TRIGGER {name}_of_parent AFTER DELETE ON {parent}
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION {name}_kept();
"""


def unreferenced(name: str) -> str:
    """Return how the triggers go away again."""
    return "".join(f"DROP FUNCTION {name}{which}() CASCADE;\n" for which in ("_kept", "_changed", ""))


KEYS = (
    ("campaigns_contact", "contact_list_id", "campaigns_contactlist", "contact_has_its_list"),
    ("campaigns_contact", "contact_import_id", "campaigns_contactimport", "contact_has_its_import"),
    ("campaigns_lead", "contact_id", "campaigns_contact", "lead_has_its_contact"),
    ("campaigns_lead", "campaign_id", "campaigns_campaign", "lead_has_its_campaign"),
)
REFERENCES = "".join(
    reference(child=child, column=column, parent=parent, name=name) for child, column, parent, name in KEYS
)
NO_REFERENCES = "".join(unreferenced(name) for *_, name in KEYS)
