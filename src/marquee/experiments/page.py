"""The page of ``dvc plots show``, with Vega in it: ``python -m marquee.experiments.page``.

DVC's own page loads Vega from a content delivery network. ``make setup`` makes this one, which
needs no network, and names it in ``.dvc/config.local``. It stands in the local configuration and
not in the committed one because DVC stops on a template that it cannot find: a checkout where
setup has not run keeps DVC's own page.
"""

from pathlib import Path

from marquee.artifacts import whole

VEGA_LITE = "5.21"
"""The newest of the major version that the templates of DVC are written in."""

_EXPORT = "window.vegaEmbed = vegaEmbed;"
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{{refresh_tag}}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Marquee: plots</title>
<script>{vega}</script>
<style>
body {{ font-family: sans-serif; margin: 1rem; columns: 28rem; column-gap: 1rem; }}
body > div {{ break-inside: avoid; margin-bottom: 1.5rem; width: fit-content; }}
/* a drawing wider than a phone becomes smaller instead of cut */
body > .vega-embed {{ display: flow-root; max-width: 100%; }}
.vega-embed svg.marks {{ max-width: 100%; height: auto; }}
/* what the template hidden.json draws: one pixel and the padding */
body > div:has(svg[width="17"][height="17"], svg[width="0"]) {{ display: none; }}
</style>
</head>
<body>
{{plot_divs}}
</body>
</html>
"""


def offline_page() -> str:
    """Return an HTML template for DVC that holds Vega, Vega-Lite and Vega-Embed."""
    import vl_convert

    return _PAGE.format(vega=vl_convert.javascript_bundle(_EXPORT, VEGA_LITE))


def install(dvc_dir: Path) -> Path:
    """Write the page into DVC's folder and name it in the local configuration."""
    from dvc.config import Config

    page = dvc_dir / "plots.html"
    with whole(page) as file:
        file.write_text(offline_page(), encoding="utf-8")
    with Config(str(dvc_dir.resolve())).edit("local") as config:
        config["plots"] = {**config.get("plots", {}), "html_template": page.name}
    return page


if __name__ == "__main__":
    install(Path(".dvc"))
