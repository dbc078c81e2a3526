-- Each statement sees what was committed before it, so that the lock at the end is worth something.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
-- Whoever stands still, or is gone without a word, does not keep the lock.
SET LOCAL idle_in_transaction_session_timeout = '1min';
SET LOCAL client_min_messages = warning;
SET LOCAL TIME ZONE 'UTC';
SET LOCAL jit = off;
SET LOCAL enable_mergejoin = off;
SET LOCAL enable_material = off;
-- Late rows may have to go into chunks that are compressed, however many.
SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0;

-- What a batch brings (staged), what of it is news (changed), whose hits it may move (affected),
-- and the hits that those have now (found). They outlive the transaction, empty.

CREATE TEMPORARY TABLE IF NOT EXISTS staged_interaction (
    partition integer NOT NULL,
    user_id bigint NOT NULL,
    movie_id text NOT NULL,
    kind text NOT NULL,
    slot_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    value real NOT NULL
) ON COMMIT DELETE ROWS;

-- Compared by bytes, so that which of two answers is the smaller does not depend on the database.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_recommendation (
    partition integer NOT NULL,
    request_id uuid NOT NULL,
    served_at timestamptz NOT NULL,
    user_id bigint NOT NULL,
    variant text COLLATE "C" NOT NULL,
    model_version text COLLATE "C" NOT NULL,
    server text COLLATE "C" NOT NULL,
    status smallint NOT NULL,
    latency_ms integer NOT NULL,
    items text[] COLLATE "C" NOT NULL,
    personalised boolean,
    error text COLLATE "C"
) ON COMMIT DELETE ROWS;

CREATE TEMPORARY TABLE IF NOT EXISTS changed_interaction (
    partition integer NOT NULL,
    user_id bigint NOT NULL,
    movie_id text NOT NULL,
    kind text NOT NULL,
    slot_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    is_new boolean NOT NULL
) ON COMMIT DELETE ROWS;

CREATE TEMPORARY TABLE IF NOT EXISTS changed_recommendation (
    partition integer NOT NULL,
    request_id uuid NOT NULL,
    served_at timestamptz NOT NULL,
    is_new boolean NOT NULL
) ON COMMIT DELETE ROWS;

CREATE TEMPORARY TABLE IF NOT EXISTS affected (
    request_id uuid NOT NULL,
    served_at timestamptz NOT NULL
) ON COMMIT DELETE ROWS;

CREATE TEMPORARY TABLE IF NOT EXISTS found (LIKE telemetry.hit, PRIMARY KEY (request_id, served_at))
ON COMMIT DELETE ROWS;

-- One writer at a time. What the last one committed is seen by the statements after this one.
SELECT pg_advisory_xact_lock(%(lock)s);
