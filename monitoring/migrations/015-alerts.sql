-- What alerts are judged by, and what became of each.

-- One row a job that runs again and again: how it last ended, well and badly.
CREATE TABLE telemetry.job (
    job text PRIMARY KEY,
    succeeded_at timestamptz,
    failed_at timestamptz,
    error text
);

-- The movies that a model was trained on, and how often each was met.
CREATE TABLE telemetry.reference_movie (
    model_version text NOT NULL,
    movie_id text NOT NULL,
    genres text[] NOT NULL, -- empty where they are not known
    popularity text NOT NULL, -- the tenth of all events that it lies in, the most popular first
    PRIMARY KEY (model_version, movie_id)
);

-- What happened in the training data, counted by bin.
CREATE TABLE telemetry.reference_distribution (
    model_version text NOT NULL,
    feature text NOT NULL CHECK (feature IN ('genre', 'popularity')),
    bin text NOT NULL,
    events bigint NOT NULL,
    PRIMARY KEY (model_version, feature, bin)
);

-- What was promised of a model, and how it was judged before it went into service.
CREATE TABLE telemetry.model_verdict (
    model_version text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('fairness', 'gate')),
    name text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('pass', 'fail', 'inconclusive')),
    value double precision, -- the gap, or the difference from the base
    low double precision, -- its interval
    high double precision,
    bound double precision, -- what it must not pass
    PRIMARY KEY (model_version, kind, name)
);

-- An incident: one thing that is wrong with one subject, from its first sign to its end.
ALTER TABLE telemetry.alert_state
ADD COLUMN rule text NOT NULL,
ADD COLUMN subject text NOT NULL, -- a variant, a model, a job; empty for the whole
ADD COLUMN severity text NOT NULL,
ADD COLUMN summary text NOT NULL,
ADD COLUMN clear_since timestamptz, -- of a firing one: since when it has looked well
ADD COLUMN announced text CHECK (announced IN ('firing', 'resolved')), -- what was last sent
ADD COLUMN claimed_until timestamptz, -- until then one runner, and no other, sends
ADD COLUMN channel text,
ADD COLUMN thread text; -- Slack's name for the first message
