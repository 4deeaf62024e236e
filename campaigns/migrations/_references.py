"""Foreign keys that are checked once a statement, not once a row.

PostgreSQL checks a foreign key by one look-up for each row. An upload writes a million rows with the same two ids: that
was a third of its time. These triggers lock and look up each id that a statement has written once; a parent that is
deleted looks for children as always. Beside a foreign key of PostgreSQL they hold at READ COMMITTED only, by which all of
this project's transactions run: what was locked is looked up in the next statement, which sees what was committed since.
"""


def reference(*, child: str, column: str, parent: str, name: str) -> str:
    """Return the triggers by which ``column`` of ``child`` is an id of ``parent`` or null."""
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing bigint;
BEGIN
    PERFORM FROM {parent} WHERE id IN (SELECT {column} FROM added) ORDER BY id FOR KEY SHARE;
    SELECT a.id INTO missing FROM (SELECT DISTINCT {column} AS id FROM added WHERE {column} IS NOT NULL) a
     WHERE NOT EXISTS (SELECT FROM {parent} p WHERE p.id = a.id) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = '{name}', TABLE = '{child}',
            MESSAGE = format('{child}.{column}: there is no {parent} %s', missing);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION {name}_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    needed bigint;
BEGIN
    SELECT g.id INTO needed FROM gone g WHERE EXISTS (SELECT FROM {child} c WHERE c.{column} = g.id) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = '{name}', TABLE = '{parent}',
            MESSAGE = format('{parent} %s has rows in {child}', needed);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER {name}_of_new AFTER INSERT ON {child}
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {name}();
CREATE TRIGGER {name}_of_changed AFTER UPDATE ON {child}
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {name}();
CREATE TRIGGER {name}_of_parent AFTER DELETE ON {parent}
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION {name}_kept();
"""


def unreferenced(name: str) -> str:
    """Return how the triggers go away again."""
    return f"DROP FUNCTION {name}_kept() CASCADE;\nDROP FUNCTION {name}() CASCADE;\n"


CONTACTS = (
    {
        "child": "campaigns_contact",
        "column": "contact_list_id",
        "parent": "campaigns_contactlist",
        "name": "contact_has_its_list",
    },
    {
        "child": "campaigns_contact",
        "column": "contact_import_id",
        "parent": "campaigns_contactimport",
        "name": "contact_has_its_import",
    },
)
REFERENCES = "".join(reference(**one) for one in CONTACTS)
NO_REFERENCES = "".join(unreferenced(one["name"]) for one in CONTACTS)
