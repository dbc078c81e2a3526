DELETE FROM telemetry.hit AS h
USING pg_temp.difference AS d
WHERE h.request_id = d.request_id AND h.served_at = d.served_at
    AND h.served_at >= %(begin)s AND h.served_at < %(end)s;

INSERT INTO telemetry.hit (
    request_id, served_at, variant, model_version, hit_at, rank, movie_id, kind, best_rank,
    items_hit
)
SELECT
    request_id, served_at, variant, model_version, hit_at, rank, movie_id, kind, best_rank,
    items_hit
FROM pg_temp.difference
WHERE expected IS NOT NULL;
