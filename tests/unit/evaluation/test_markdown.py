import pytest

from marquee.evaluation.markdown import code


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("alien+1979", "`alien+1979`"),
        ("a`b", "``a`b``"),
        ("a``b", "```a``b```"),
        ("`a", "`` `a ``"),
        ("two\nlines", "`two lines`"),
    ],
)
def test_an_id_is_code_on_one_line_whatever_it_holds(text: str, shown: str) -> None:
    assert code(text) == shown
