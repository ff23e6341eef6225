CREATE TYPE billing.notice_reply AS (status int, headers jsonb, body text);
COMMENT ON TYPE billing.notice_reply IS 'What a gateway''s message is answered with, after COMMIT.';

CREATE FUNCTION billing.receive_notice(gateway text, method text, headers jsonb, query text, body bytea) RETURNS billing.notice_reply
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_receive_notice';
COMMENT ON FUNCTION billing.receive_notice(text, text, jsonb, text, bytea) IS 'Takes a message of a gateway as it came to the application''s route (design 5): stores it, verifies it, books what it says once, and returns the reply. gateway: whose address it came to; method: GET or POST; headers: an object of texts, 16 kB; query: 8 kB; body: as received, 64 kB. Never raises for what the message says: what is not genuine is answered so that it is sent again. Send the reply after COMMIT; where the call raises, answer 500. Example: SELECT * FROM billing.receive_notice(''wechat_main'', ''POST'', ''{"Wechatpay-Serial": "..."}'', NULL, ''\x7b7d''). Errors: LB103, LB511, LB522.';
