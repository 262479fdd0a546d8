"""Arrow and Parquet: tables that pandas and DuckDB read, exact on the way back, hostile or not."""

import sys

import pytest

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

GAME = ("--tree", "boat.xml", "--actions", "actions.toml")
NAMES = ("episodes", "observations", "memories", "traits")


@pytest.fixture
def out(call, boat):
    """A folder of Parquet."""
    assert call("export", boat, "--what", "all", "--format", "parquet", "--to", "out")[0] == 0
    return boat.parent / "out"


def table(path):
    return pq.read_table(path, use_threads=False)


def test_observations_are_one_flat_table_with_units_and_readable_columns(out):
    seen, episodes = table(out / "observations.parquet"), table(out / "episodes.parquet")
    assert (seen.num_rows, episodes.num_rows) == (72, 6)
    first = seen.slice(0, 1).to_pylist()[0]
    assert first["episode_id"] == "trip-000"
    assert (first["player_action"], first["companion_tactic"]) == ("bail", "help")
    assert (first["fact_water"], first["timestamp_ms"]) == (0.25, 1000)
    assert first["companion_available"] == ["help", "rest"]
    assert str(first["time"]) == "2023-11-14 22:13:21+00:00"
    assert seen.schema.field("timestamp_ms").metadata[b"unit"] == b"ms"
    assert seen.schema.field("timestamp_ms").type == pa.int64()
    assert str(episodes.column("start_time")[0]) == "2023-11-14 22:13:20+00:00"
    assert episodes.column("observations").to_pylist() == [12] * 6


@pytest.mark.parametrize("form", ["arrow", "parquet"])
def test_a_folder_goes_out_and_in_exactly(call, facts, boat, folder, form):
    words = ("--what", "all", "--format", form, "--to")
    told = facts("export", boat, *words, "one")
    written = [name.rpartition("/")[2] for name in told["files"]]
    assert written == [*(f"{name}.{form}" for name in NAMES), "tree.xml", "game.json"]
    taken = facts("ingest", "one", "--save", "fresh.db")
    assert (taken["episodes"]["ingested"], taken["memories"]["duplicates"]) == (6, 6)
    facts("export", "fresh.db", *words, "two")
    one, two = ({p.name: p.read_bytes() for p in (folder / n).iterdir()} for n in ("one", "two"))
    assert one == two


def test_what_pandas_makes_of_a_null_is_a_null(call, out):
    seen = table(out / "observations.parquet").to_pylist()
    for row in seen:
        row["companion_duration_ms"] = float(row["companion_duration_ms"])
        row["fact_tired"] = float("nan") if row["fact_tired"] == 0.0 else row["fact_tired"]
    pq.write_table(pa.Table.from_pylist(seen), out / "observations.parquet")
    code, said, _ = call("ingest", "out", "--what", "episodes", "--save", "new.db", *GAME)
    assert (code, said) == (0, "6 episodes read: 6 ingested, 0 known already, 0 bad\n")


def test_a_row_that_is_wrong_is_refused_by_its_number_and_the_others_are_stored(call, out):
    rows = table(out / "episodes.parquet").to_pylist()
    rows[1]["category"] = "picnic"
    pq.write_table(pa.Table.from_pylist(rows), out / "episodes.parquet")
    code, said, err = call("ingest", "out", "--what", "episodes", "--save", "new.db", *GAME)
    assert (code, said) == (2, "6 episodes read: 5 ingested, 0 known already, 1 bad\n")
    assert err.startswith("astraweave: out/episodes.parquet: row 2: not an episode, got Invalid")
    assert err.count("\n") == 1


def cut(path, table):
    path.write_bytes(path.read_bytes()[:-200])


def nothing(path, table):
    path.write_bytes(b"")


def poem(path, table):
    path.write_bytes(b"PAR1 a poem about the sea PAR1")


def dropped(path, table):
    pq.write_table(table.drop_columns(["timestamp_ms"]), path)


def misspelt(path, table):
    pq.write_table(table.append_column("fcat_hp", pa.array([1.0] * table.num_rows)), path)


def retyped(path, table):
    at = table.column_names.index("timestamp_ms")
    words = pa.array(["noon"] * table.num_rows)
    pq.write_table(table.set_column(at, "timestamp_ms", words), path)


def shuffled(path, table):
    pq.write_table(table.slice(12), path)
    pq.write_table(pa.concat_tables([table.slice(12), table.slice(0, 12)]), path)


def flipped(path, table):
    data = bytearray(path.read_bytes())
    for i in range(40, len(data) - 400, 97):
        data[i] ^= 0xFF
    path.write_bytes(bytes(data))


def bomb(path, table):
    """A few kilobytes that hold megabytes of text for each row."""
    at = table.column_names.index("player_action")
    long = pa.array(["x" * (1 << 20)]).take(pa.array([0] * table.num_rows))
    pq.write_table(table.set_column(at, "player_action", long), path, compression="zstd")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (cut, "Parquet magic bytes not found in footer"),
        (nothing, "neither Parquet nor an Arrow file: it begins with b''"),
        (poem, "cannot be read as a table of episodes"),
        (dropped, "no column 'timestamp_ms'"),
        (misspelt, "an unknown column 'fcat_hp'"),
        (retyped, "Expected `int`, got `str` - at `$.observations[0].timestamp_ms`"),
        (shuffled, "12 observations are told, 0 stand here: order both alike"),
        (flipped, "out/episodes.parquet"),
        (bomb, "Expected `str` of length <= 200"),
    ],
)
def test_a_hostile_table_is_told_in_a_line_each_and_exit_2(call, out, harm, said):
    path = out / "observations.parquet"
    harm(path, table(path))
    code, _, err = call("ingest", "out", "--what", "episodes", "--save", "new.db", *GAME)
    assert code == 2
    assert said in err
    assert all(line.startswith("astraweave: out/episodes.parquet") for line in err.splitlines())


def test_an_arrow_file_that_claims_to_be_endless_is_refused(call, boat, folder):
    call("export", boat, "--what", "memories", "--to", "memories.arrow")
    data = (folder / "memories.arrow").read_bytes()
    for i in range(len(data) - 600, len(data) - 10, 8):
        (folder / "memories.arrow").write_bytes(data[:i] + b"\xff" * 7 + b"\x7f" + data[i + 8 :])
        break
    code, _, err = call("ingest", "memories.arrow", "--save", "new.db")
    assert code == 2
    assert err.count("\n") == 1


def test_two_tables_need_a_folder_and_a_stream_is_for_lines(call, boat):
    code, _, err = call("export", boat, "--to", "fights.parquet")
    assert code == 2
    assert "episodes as parquet are several files, got fights.parquet; name a folder" in err
    assert call("export", boat, "--what", "memories", "--to", "m.parquet")[0] == 0
    code, _, err = call("export", boat, "--to", "-", "--format", "arrow")
    assert code == 2


def test_without_pyarrow_it_says_what_to_install(call, boat, monkeypatch, folder):
    call("export", boat, "--what", "memories", "--to", "memories.arrow")
    monkeypatch.setattr("astraweave.memory.exchange.arrow.find_spec", lambda _: None)
    for words in (("export", boat, "--to", "x", "--format", "parquet"),):
        code, _, err = call(*words)
        assert code == 1
        assert 'parquet needs pyarrow, which is not installed; pip install "astraweave[arr' in err
    code, _, err = call("ingest", "memories.arrow", "--save", "new.db")
    assert code == 1
    assert "arrow needs pyarrow" in err
    assert not (folder / "x").exists()


@pytest.mark.parametrize("form", ["arrow", "parquet"])
def test_progress_through_a_table_is_drawn_on_a_terminal_and_wiped(
    call, boat, folder, monkeypatch, form
):
    assert call("export", boat, "--what", "all", "--format", form, "--to", "t")[0] == 0
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    _, _, err = call("ingest", "t", "--save", f"{form}.db")
    assert "episodes" in err
    assert "memories" in err
    assert err.endswith("\r\x1b[K")
