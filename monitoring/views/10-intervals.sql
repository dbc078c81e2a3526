-- Intervals of 95 % confidence: NULL where nothing was exposed, 1 where the data give no upper end.

-- The score interval of a rate p where hits have mean p·exposure and variance
-- p·exposure − p²·spread: the p for which |hits − p·exposure| ≤ z·√variance. With
-- spread = exposure = n it is Wilson's (JASA 22, 1927), the score interval of n equal trials.
CREATE FUNCTION report.score_low(
    hits double precision, exposure double precision, spread double precision
) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
    SELECT CASE WHEN exposure > 0 THEN least(1, 2 * hits ^ 2 / (
        exposure * (2 * hits + z2)
        + sqrt(greatest(0, z2 * (exposure ^ 2 * (z2 + 4 * hits) - 4 * hits ^ 2 * spread)))
    )) END
    FROM (VALUES (1.959963984540054 ^ 2)) AS normal (z2)
);

CREATE FUNCTION report.score_high(
    hits double precision, exposure double precision, spread double precision
) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
    SELECT CASE
        WHEN exposure > 0 AND exposure ^ 2 + z2 * spread <= 0 THEN 1
        WHEN exposure > 0 THEN least(1, (
            exposure * (2 * hits + z2)
            + sqrt(greatest(0, z2 * (exposure ^ 2 * (z2 + 4 * hits) - 4 * hits ^ 2 * spread)))
        ) / (2 * (exposure ^ 2 + z2 * spread)))
    END
    FROM (VALUES (1.959963984540054 ^ 2)) AS normal (z2)
);

CREATE FUNCTION report.wilson_low(hits double precision, n double precision)
RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN report.score_low(hits, n, n);

CREATE FUNCTION report.wilson_high(hits double precision, n double precision)
RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN report.score_high(hits, n, n);
