CREATE TABLE billing_books.schema_version (
    version int NOT NULL,
    installed_at timestamptz NOT NULL,
    PRIMARY KEY (version, installed_at)
);
COMMENT ON TABLE billing_books.schema_version IS 'One row per install() or migrate() that changed the tables; the newest counts.';
COMMENT ON COLUMN billing_books.schema_version.version IS 'Version of the tables that install() made or migrate() reached.';
COMMENT ON COLUMN billing_books.schema_version.installed_at IS 'When.';
