-- What there is before the first call.
\pset footer off
\pset border 0
SELECT to_char(count(*), 'FM999,999') AS requests, to_char(count(DISTINCT account_id), 'FM999') AS customers,
       to_char(sum(prompt_tokens) / 1e6, 'FM990.0') AS prompt, to_char(sum(generated_tokens) / 1e6, 'FM990.0') AS generated
    FROM demo.request \gset
SELECT to_char(sum(paid), 'FM999,990.00') AS paid FROM demo.customer \gset
SELECT to_char(sum(amount), 'FM999,990.00') AS given FROM billing_books.lot WHERE kind = 'bonus' \gset
\echo 'Their' :requests 'requests are real: one hour of two Azure services (a code assistant and a chat),'
\echo :prompt 'million prompt tokens and' :generated 'million generated ones, dealt out unevenly: the customer of rank'
\echo 'r makes 1/r of what the first one makes. They paid in' :paid 'CNY and were given' :given 'CNY of bonus.'
\echo 'The prices are Xiaomi\'s list prices, imported with import_prices(), at 7.1 CNY to the dollar:'
\echo
SELECT model, input::numeric(12,4) AS "input, CNY per million", output::numeric(12,4) AS "output, CNY per million"
    FROM billing_books.price WHERE model IN (SELECT model FROM demo.request) ORDER BY input DESC, model;
