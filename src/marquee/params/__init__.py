"""What is computed: ``params.yaml`` as types, one file a stage.

Where things run (hosts, tokens) is no business of this package: nothing depends on the machine.
"""

from marquee.params.clean import CleanParams, SplitParams
from marquee.params.evaluate import BootstrapParams, EvaluateParams, GateParams, GateProtocol
from marquee.params.fairness import FairnessParams, RequirementParams
from marquee.params.ingest import (
    FilesParams,
    IngestParams,
    KafkaParams,
    MovieLensParams,
    RatingScaleParams,
    RatingsParams,
    SimulatorParams,
)
from marquee.params.load import Params, check, load_params, parse_params, read_yaml
from marquee.params.train import AlsParams, PopularityParams, SvdParams, TrainParams, UserKnnParams

__all__ = [
    "AlsParams",
    "BootstrapParams",
    "CleanParams",
    "EvaluateParams",
    "FairnessParams",
    "FilesParams",
    "GateParams",
    "GateProtocol",
    "IngestParams",
    "KafkaParams",
    "MovieLensParams",
    "Params",
    "PopularityParams",
    "RatingScaleParams",
    "RatingsParams",
    "RequirementParams",
    "SimulatorParams",
    "SplitParams",
    "SvdParams",
    "TrainParams",
    "UserKnnParams",
    "check",
    "load_params",
    "parse_params",
    "read_yaml",
]
