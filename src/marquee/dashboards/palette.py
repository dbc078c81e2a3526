"""Colours that people with any colour vision tell apart, on light and dark alike.

Okabe and Ito, "Color Universal Design", 2008, without its yellow (too light on white) and its
black (unseen on dark). One meaning has one colour on all dashboards.
"""

BLUE = "#0072B2"
SKY = "#56B4E9"
GREEN = "#009E73"
ORANGE = "#E69F00"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#999999"

GOOD, WARNING, BAD = GREEN, ORANGE, VERMILION

ARMS = {
    "control": SKY,
    "popularity": GREY,
    "als": BLUE,
    "svd": ORANGE,
    "user_knn": GREEN,
    "treatment": PURPLE,
}
"""Variants by their names; others take Grafana's own colours."""
