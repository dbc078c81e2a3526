"""From a model back to its data, parameters, code and libraries, through dvc.lock and git."""
