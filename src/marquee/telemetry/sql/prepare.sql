SET LOCAL enable_mergejoin = off;
SET LOCAL enable_material = off;
SET LOCAL jit = off;
-- Late rows may have to go into chunks that are compressed, however many.
SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0;
SELECT to_regclass('pg_temp.found');
