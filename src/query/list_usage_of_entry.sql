          -- What ledger entry $9, booked at $10, paid for: it was received then, or had waited for its price.
          SELECT *
          FROM (SELECT *
                FROM billing_books.usage_event
                WHERE account_id = $1 AND recorded_at = $10 AND settled_at = recorded_at
                UNION ALL
                SELECT *
                FROM billing_books.usage_event
                WHERE account_id = $1 AND settled_at = $10 AND settled_at <> recorded_at) AS e
          WHERE $9 >= first_entry_no AND $9 < first_entry_no + entry_count
