"""Titles for movies that nobody made."""

from functools import cache

_ADJECTIVES = """
amber ancient autumn bitter black blind blue borrowed brave broken burning careless cold crimson
crooked crystal dark daring desperate distant drowned dusty early electric empty endless fading
fallen false fearless final flying foreign forgotten fragile frozen gentle ghostly gilded golden
green guilty haunted hidden hollow honest hungry idle infinite invisible iron jealous last lonely
lost lucky midnight naked nameless northern pale perfect poisoned quiet reckless restless sacred
scarlet secret shattered silent silver sleeping southern stolen strange sudden tender velvet wicked
wild winter wooden
"""
_NOUNS = """
alibi angel anthem arcade archer avenue ballad bandit barber beacon bishop boulevard bridge
caravan carnival castle cellar chapel circus colony compass corridor crown dagger daughter desert
detective diary dragon echo empire engine express falcon fever fortune garden gambit garrison
gospel guardian harbor heart heiress highway horizon hotel island jester jungle kingdom knight
labyrinth lantern legend letter lighthouse lullaby machine manor masquerade memory mirror monsoon
mountain night oath orchard outlaw palace parade passenger pilgrim pirate planet prophet queen
raven republic river runaway season shadow sheriff signal sisters sky soldier station stranger
summer tango temple thief tiger tower train treasure tribe valley verdict village violin voyage
waltz warrior widow window witness
"""
_PATTERNS = (
    "{a} {n}",
    "The {a} {n}",
    "My {a} {n}",
    "{n} of the {a} Sea",
    "The {n} and the {a} Road",
    "{a} {n} Rising",
    "Return to {a} {n}",
    "{a} {n}: The Beginning",
    "Farewell {n}, {a} Dawn",
    "The {n}'s {a} Secret",
    "{a} & {n}",
    "{a} {n} II",
)
_STRIDE = 7919
"""Prime, so that it visits every pair of adjective and noun before it comes back."""
_SHIFT = 641
"""Movies made after one another share no words."""


def title(number: int, seed: int) -> str:
    """Return the title of the movie with this number; no two numbers share one.

    A few are as odd as real ones: a bare number, stars between the letters, an accent.
    """
    if number % 97 == 13:
        return str(number)
    adjectives, nouns = _words()
    pairs = len(adjectives) * len(nouns)
    turn, pattern = divmod(number, len(_PATTERNS))
    noun, adjective = divmod((turn * _STRIDE + pattern * _SHIFT + seed) % pairs, len(adjectives))
    words = {"a": adjectives[adjective].title(), "n": nouns[noun].title()}
    part = f" Part {turn // pairs + 1}" if turn >= pairs else ""
    text = _PATTERNS[pattern].format(**words) + part
    if number % 211 == 17:
        return "*".join(text.split()[0].upper()) + " " + text
    return f"Café {text}" if number % 151 == 29 else text


@cache
def _words() -> tuple[list[str], list[str]]:
    return _ADJECTIVES.split(), _NOUNS.split()
