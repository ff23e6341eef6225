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
          UNION ALL
          -- Or what it moved by re-rating: a revision has entries of its own.
          SELECT e.*
          FROM (SELECT request_hash, probe, event_recorded_at, first_entry_no + entry_count AS end_no
                FROM billing_books.charge_revision
                WHERE account_id = $1 AND first_entry_no <= $9
                ORDER BY first_entry_no DESC
                LIMIT 1) AS r
          JOIN billing_books.usage_event AS e
              ON e.account_id = $1 AND e.request_hash = r.request_hash AND e.probe = r.probe AND e.recorded_at = r.event_recorded_at
          WHERE $9 < r.end_no
