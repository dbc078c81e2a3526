-- Intervals of 95 % confidence.

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

COMMENT ON FUNCTION report.wilson_low IS
'Lower end of Wilson''s 95 % interval of the rate hits / n (JASA 22, 1927); NULL of nothing.';
COMMENT ON FUNCTION report.wilson_high IS
'Upper end of Wilson''s 95 % interval of the rate hits / n (JASA 22, 1927); NULL of nothing.';
COMMENT ON FUNCTION report.score_low IS
'Lower end of the 95 % score interval of a rate p where hits have mean p·exposure and variance p·exposure − p²·spread: the least p for which hits are within 1.96 standard errors of their mean. With spread = exposure = n it is Wilson''s. NULL without exposure.';
COMMENT ON FUNCTION report.score_high IS
'Upper end of the interval of report.score_low; 1 where the data give none.';
