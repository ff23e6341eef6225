CREATE TABLE billing_books.access_grant (
    role_name name NOT NULL,
    access_level text NOT NULL CHECK (access_level IN ('app', 'operator', 'auditor', 'monitor', 'notice')),
    PRIMARY KEY (role_name, access_level)
);
COMMENT ON TABLE billing_books.access_grant IS 'What grant_access() gave and revoke_access() did not take; applied again by migrate().';
COMMENT ON COLUMN billing_books.access_grant.role_name IS 'The role.';
COMMENT ON COLUMN billing_books.access_grant.access_level IS 'app, operator, auditor, monitor or notice.';
