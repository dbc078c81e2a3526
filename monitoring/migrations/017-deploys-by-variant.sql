-- Several variants may be given one model at one moment; a variant is not given two.
ALTER TABLE telemetry.model_deploy DROP CONSTRAINT model_deploy_pkey;
ALTER TABLE telemetry.model_deploy ADD PRIMARY KEY (variant, deployed_at);
