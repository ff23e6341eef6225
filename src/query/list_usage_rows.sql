           ) AS l
      WHERE (recorded_at, request_hash, probe) < ($2, $3, $4)
          AND ($6 IS NULL OR key_id = $6) AND ($7 IS NULL OR model = $7) AND ($8 IS NULL OR status = $8)
      ORDER BY recorded_at DESC, request_hash DESC, probe DESC
      LIMIT $5) AS u
