          -- 10,000 are looked at, and those that were received with the last of them: the index knows account and instant alone, so that what has one
          -- instant is sorted below.
          SELECT *
          FROM billing_books.usage_event
          WHERE account_id = $1 AND recorded_at <= $2
          ORDER BY recorded_at DESC
          FETCH FIRST 10000 ROWS WITH TIES
