-- Differences of two rates, and a split against what was wanted.

CREATE FUNCTION report.difference_low(
    hits double precision, n double precision, base_hits double precision, base_n double precision
) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hits / nullif(n, 0) - base_hits / nullif(base_n, 0) - sqrt(
    (hits / nullif(n, 0) - report.wilson_low(hits, n)) ^ 2
    + (report.wilson_high(base_hits, base_n) - base_hits / nullif(base_n, 0)) ^ 2
);

CREATE FUNCTION report.difference_high(
    hits double precision, n double precision, base_hits double precision, base_n double precision
) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hits / nullif(n, 0) - base_hits / nullif(base_n, 0) + sqrt(
    (report.wilson_high(hits, n) - hits / nullif(n, 0)) ^ 2
    + (base_hits / nullif(base_n, 0) - report.wilson_low(base_hits, base_n)) ^ 2
);
COMMENT ON FUNCTION report.difference_low IS
'Lower end of the 95 % interval of the difference of two rates, hits / n − base_hits / base_n: Newcombe''s hybrid score interval (Statistics in Medicine 17, 1998, method 10). NULL where one has nothing. It takes counts as independent.';
COMMENT ON FUNCTION report.difference_high IS
'Upper end of the interval of report.difference_low.';

CREATE FUNCTION report.chance_of_split(
    n double precision, base_n double precision,
    weight double precision, base_weight double precision
) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN n + base_n > 0 THEN erfc(sqrt(
    (n * base_weight - base_n * weight) ^ 2 / ((n + base_n) * weight * base_weight) / 2
)) END;
COMMENT ON FUNCTION report.chance_of_split IS
'p of the chi-square test, of one degree of freedom, that n and base_n are as far from a split of weight to base_weight as they are, or farther. NULL of nobody.';
