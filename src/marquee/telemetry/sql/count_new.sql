SELECT partition, kind, count(*)
FROM pg_temp.changed_interaction
WHERE is_new
GROUP BY partition, kind
UNION ALL
SELECT partition, 'recommendation', count(*)
FROM pg_temp.changed_recommendation
WHERE is_new
GROUP BY partition;
