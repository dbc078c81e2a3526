import zipfile

import pytest

ITEM = "1|Toy Story (1995)|01-Jan-1995||http://x|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
ITEM += "2|Cité, La (1995)|4-Feb-1994||http://x|0|0|0|0|0|0|0|0|1|0|0|0|0|0|0|0|0|0|0\n"
LAYOUTS = {
    "ml-100k": {
        "u.data": b"9\t1\t3\t881250949\n8\t2\t5\t881250900\n",
        "u.item": ITEM.encode("latin-1"),
        "u.user": b"9|24|M|technician|85711\n8|53|F|other|94043\n",
        "README": b"MovieLens data sets were collected",
    },
    "ml-1m": {
        "ratings.dat": b"9::1::3::978300760\n8::2::5::978300700\n",
        "movies.dat": "1::Toy Story (1995)::Animation|Comedy\n2::Cité, La (1995)::Drama\n".encode(
            "latin-1"
        ),
        "users.dat": b"9::F::1::10::48067\n8::M::56::16::70072\n",
    },
    "ml-10m": {
        "ratings.dat": b"9::1::3.5::838985046\n8::2::5::838983525\n",
        "movies.dat": "1::Toy Story (1995)::Animation|Comedy\n2::Cité, La (1995)::Drama\n".encode(),
        "tags.dat": b"9::1::fun::838985046\n",
    },
    **{
        name: {
            "ratings.csv": b"userId,movieId,rating,timestamp\r\n9,1,3.5,964982703\r\n"
            b"8,2,5.0,964982700\r\n",
            "movies.csv": "movieId,title,genres\r\n1,Toy Story (1995),Animation|Comedy\r\n"
            '2,"Cité, La (1995)",(no genres listed)\r\n'.encode(),
            "links.csv": b"movieId,imdbId,tmdbId\r\n1,0114709,862\r\n2,0112682,\r\n",
            "README.txt": f"This dataset ({name}) describes".encode(),
        }
        for name in ("ml-latest-small", "ml-20m", "ml-25m", "ml-32m")
    },
}


@pytest.fixture
def layouts():
    """The files of each data set, small."""
    return LAYOUTS


@pytest.fixture
def folder_of(tmp_path):
    """Write a data set of two ratings into a folder."""

    def make(name, **changes):
        folder = tmp_path / "given" / name
        folder.mkdir(parents=True)
        for file, content in {**LAYOUTS[name], **changes}.items():
            if content is not None:
                (folder / file).write_bytes(content)
        return folder

    return make


@pytest.fixture
def zipped(tmp_path):
    """Write a zip of names and contents."""

    def make(files, name="given.zip"):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in files.items():
                archive.writestr(member, content)
        return tmp_path / name

    return make
