CREATE TABLE billing_books.email_template (
    event text NOT NULL,
    language text NOT NULL CHECK (language IN ('zh', 'en')),
    template_no int NOT NULL CHECK (template_no > 0),
    subject text NOT NULL,
    body text NOT NULL,
    html text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (event, language, template_no)
);
COMMENT ON TABLE billing_books.email_template IS 'What e-mails say in place of the texts that come with billing; the newest row is in force.';
COMMENT ON COLUMN billing_books.email_template.event IS 'What is told.';
COMMENT ON COLUMN billing_books.email_template.language IS 'zh or en.';
COMMENT ON COLUMN billing_books.email_template.template_no IS 'Its number; each set_email_template() that changes something adds one.';
COMMENT ON COLUMN billing_books.email_template.subject IS 'The subject, with placeholders such as {{amount}}.';
COMMENT ON COLUMN billing_books.email_template.body IS 'The text, with placeholders.';
COMMENT ON COLUMN billing_books.email_template.html IS 'The same as HTML; null: there is none.';
COMMENT ON COLUMN billing_books.email_template.created_at IS 'When it was set.';

CREATE TABLE billing_books.sms_template (
    event text NOT NULL,
    region text NOT NULL CHECK (region IN ('cn', 'global')),
    language text NOT NULL CHECK (language IN ('zh', 'en')),
    template_no int NOT NULL CHECK (template_no > 0),
    sign_name text NOT NULL,
    template_code text NOT NULL,
    parameters jsonb NOT NULL CHECK (jsonb_typeof(parameters) = 'object'),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (event, region, language, template_no)
);
COMMENT ON TABLE billing_books.sms_template IS 'Which approved template of the provider tells an event by SMS; the newest row is in force. Without one there is no SMS.';
COMMENT ON COLUMN billing_books.sms_template.event IS 'What is told.';
COMMENT ON COLUMN billing_books.sms_template.region IS 'Whose accounts: cn or global.';
COMMENT ON COLUMN billing_books.sms_template.language IS 'zh or en.';
COMMENT ON COLUMN billing_books.sms_template.template_no IS 'Its number; each set_sms_template() that changes something adds one.';
COMMENT ON COLUMN billing_books.sms_template.sign_name IS 'The signature that the provider has approved.';
COMMENT ON COLUMN billing_books.sms_template.template_code IS 'The provider''s code of the template.';
COMMENT ON COLUMN billing_books.sms_template.parameters IS 'The template''s own parameters: name to text with placeholders.';
COMMENT ON COLUMN billing_books.sms_template.created_at IS 'When it was set.';
