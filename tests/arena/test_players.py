"""Bots are data: what is wrong is refused by name, and what is right can be told from the play."""

import msgspec
import numpy as np
import pytest

from astraweave.arena import (
    VOCABULARY,
    Arena,
    Bot,
    Duel,
    bot_matrix,
    load_bot,
    play_scenario,
    posterior_players,
    shipped_bots,
)
from astraweave.arena.casts import archetype_players
from astraweave.arena.kernels import layout as at
from astraweave.arena.players import player_names
from astraweave.errors import BotError
from astraweave.model.profile import (
    CombatStyle,
    PlaystylePattern,
    PreferenceProfile,
    SupportPreference,
    Trait,
)

MELEE, DARES, RANGE, BOLD = 0, 7, 8, 10
"""Columns of `bot_matrix`."""

GOOD = """
name = "mine"
aggression = 0.5
engage_at_health = 0.3
preferred_range_m = 4.0
heal_threshold = 0.3
[style]
melee = 1.0
defensive = 1.0
"""


@pytest.fixture
def bot_file(tmp_path):
    """Writes a bot and gives its path."""

    def write(text):
        path = tmp_path / "mine.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_the_seven_bots_are_shipped():
    names = ("berserker", "caster", "cautious", "healer", "hybrid", "kiter", "tactician")
    assert tuple(shipped_bots()) == names
    assert all(bot.name == name for name, bot in shipped_bots().items())
    assert load_bot("kiter") == shipped_bots()["kiter"]


def test_a_file_of_ones_own_is_read(bot_file):
    bot = load_bot(bot_file(GOOD))
    assert (bot.name, bot.lapse, bot.style.ranged) == ("mine", 0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.replace("aggression = 0.5", "aggression = 1.5"), "$.aggression"),
        (GOOD.replace("aggression = 0.5", "aggression = nan"), "$.aggression"),
        (GOOD.replace("aggression = 0.5", ""), "aggression"),
        (GOOD.replace("melee", "mellee"), "mellee"),
        (GOOD.replace("heal_threshold", "heal_treshold"), "heal_treshold"),
        (GOOD.replace("4.0", "inf"), "$.preferred_range_m"),
        (GOOD.replace("melee = 1.0", "melee = 0.0"), "$.style"),
        (GOOD.replace("defensive = 1.0", ""), "$.style"),
        ("switch_at_episode = 3\n" + GOOD, "switch_to"),
        ("switch_to = 'kiter'\n" + GOOD, "switch_every_s"),
        ("switch_every_s = 6\nswitch_at_episode = 3\nswitch_to = 'kiter'\n" + GOOD, "switch_to"),
        ("switch_every_s = 0\nswitch_to = 'kiter'\n" + GOOD, "$.switch_every_s"),
        ("walk = 'flies'\n" + GOOD, "$.walk"),
        ("idle = nan\n" + GOOD, "$.idle"),
        ("switch_at_episode = -3\nswitch_to = 'kiter'\n" + GOOD, "$.switch_at_episode"),
        ("name = ", "not TOML"),
        (b"\xff\xfe", "not TOML"),
        ("x = " + "[" * 9000, "not TOML"),
        ("#" * 20_000, "16 KiB"),
    ],
)
def test_a_bad_bot_is_refused_in_one_line_that_names_the_key(bot_file, text, told):
    with pytest.raises(BotError) as caught:
        load_bot(bot_file(text))
    line = str(caught.value)
    assert told in line
    assert "mine.toml" in line
    assert "\n" not in line


def test_an_unknown_bot_gets_a_hint(tmp_path):
    with pytest.raises(BotError, match="did you mean 'berserker'"):
        load_bot("berserk")
    with pytest.raises(BotError, match="cannot read"):
        load_bot(tmp_path / "nobody.toml")


def test_a_switch_takes_effect_at_its_episode():
    bot = msgspec.structs.replace(
        shipped_bots()["berserker"], switch_at_episode=8, switch_to="kiter"
    )
    rows = bot_matrix((bot, bot), (7, 8))
    expected = bot_matrix((shipped_bots()["berserker"], shipped_bots()["kiter"]))
    assert rows.tolist() == expected.tolist()


def test_a_switch_opens_no_file(bot_file):
    path = bot_file(GOOD)
    for name in (path, "../mine", "mine.toml"):
        path.write_text(f"switch_at_episode = 0\nswitch_to = '{name}'\n" + GOOD)
        with pytest.raises(BotError, match=r"`\$\.switch_to` must name a shipped bot"):
            load_bot(path)


def test_those_who_do_not_play_along_are_no_archetypes():
    odd = set(player_names()) - set(shipped_bots())
    assert odd == {"still", "troll", "turncoat"}
    assert all(load_bot(name).name == name for name in odd)


def test_a_scenario_says_who_plays_whoever_else_would():
    seeds = np.arange(60)
    base = play_scenario()
    given = bot_matrix((load_bot("kiter"),) * 60)
    mine = msgspec.structs.replace(base, players=("berserker", "still"))
    arena = Arena()
    arena.reset(mine, seeds, given)
    idle = arena.state.of_worlds(at.IDLE)
    assert set(idle.tolist()) == {0.0, 1.0}
    arena.reset(mine, seeds[7:9], given[:2])
    assert arena.state.of_worlds(at.IDLE).tolist() == idle[7:9].tolist()
    arena.reset(base, seeds, given)
    assert not arena.state.of_worlds(at.IDLE).any()


def test_who_stands_still_neither_moves_nor_acts():
    fight = Duel(play_scenario(), 3, bot_matrix((load_bot("still"),))[0])
    before = fight.state.xy[0].tolist()
    for _ in range(300):
        fight.tick()
        assert fight.did is None
    assert fight.state.xy[0].tolist() == before


def test_who_trolls_never_attacks_and_gets_into_her_line():
    in_the_way = far = 0
    for seed in range(6):
        fight = Duel(play_scenario(), seed, bot_matrix((load_bot("troll"),))[0])
        for _ in range(600):
            fight.tick()
            assert fight.did is None or not VOCABULARY[fight.did.name].aggressive
            facts = fight.facts()
            in_the_way += facts["line_of_fire_clear"] == 0.0
            far += facts["player_distance"] > 8.0
    assert in_the_way > 1200
    assert far > 300


def test_who_switches_takes_turns_within_a_fight():
    fight = Duel(play_scenario(), 3, bot_matrix((load_bot("turncoat"),))[0])
    ranges = set()
    for tick in range(1, 800):
        fight.tick()
        wish = float(fight.worlds.of_worlds(at.PREFERRED_RANGE)[0])
        ranges.add((tick - 1) // 360 % 2 * 5.8 + 1.2 - wish < 1e-5)
        if fight.done:
            break
    assert ranges == {True}
    assert tick > 400


def test_every_archetype_gets_its_turn():
    rows = archetype_players(np.arange(400))
    assert rows.shape == (400, at.TRAITS)
    assert len(np.unique(rows, axis=0)) == 7
    assert archetype_players(np.array([9]))[0].tolist() == rows[9].tolist()


# What can be told of a bot from outside: aggression, and the share of each kind among attacks.
KNOWN = {
    "berserker": (0.65, 1.0, "melee"),
    "cautious": (0.0, 0.38, None),
    "kiter": (0.42, 0.58, "ranged"),
    "caster": (0.42, 0.58, "magic"),
    "hybrid": (0.42, 0.58, None),
    "tactician": (0.38, 0.58, None),
    "healer": (0.2, 0.45, None),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_bot_can_be_told_from_its_play(name):
    low, high, style = KNOWN[name]
    kinds, bold, chances = [], 0, 0
    row = bot_matrix((load_bot(name),))[0]
    for seed in range(3):
        fight = Duel(play_scenario(), seed, row)
        actions = 0
        while not fight.done and fight.ticks < 1200:
            if fight.ticks % 6 == 0:
                fight.command("close_support")
                can_attack = fight.facts()["can_attack"]
            fight.tick()
            did = fight.did
            if did is None:
                continue
            actions += 1
            kind = VOCABULARY[did.name]
            kinds.append(kind.kind)
            chances += can_attack > 0.5
            bold += can_attack > 0.5 and kind.aggressive
        assert 60 <= actions * 1200 / fight.ticks <= 130
    assert low <= bold / chances <= high
    if style is not None:
        attacks = [kind for kind in kinds if kind in ("melee", "ranged", "magic")]
        assert attacks.count(style) / len(attacks) > 0.7


def trait(mean, strength):
    """A trait with a Beta posterior of this mean and strength."""
    alpha, beta = mean * strength, (1 - mean) * strength
    masses = {"p_low": 0.2, "p_mid": 0.3, "p_high": 0.5}
    return Trait(
        alpha=alpha, beta=beta, mean=mean, low=0.0, high=1.0, opportunities=strength, **masses
    )


@pytest.fixture
def profile():
    """Makes what is believed of a person: aggression, risk, kinds, and how sure."""

    def make(aggression, kinds, strength=400.0, risk=0.5):
        pattern = PlaystylePattern(
            combat_style=CombatStyle.HYBRID,
            styles={style.value: 0.2 for style in CombatStyle},
            aggression=trait(aggression, strength),
            risk_tolerance=trait(risk, strength),
            preferred_tactics=(),
            support_preference=SupportPreference.ADAPTIVE,
            kinds=kinds,
        )
        return PreferenceProfile(
            player_id="robin",
            companion_id="mira",
            playstyle=pattern,
            episode_count=10,
            confidence=0.9,
            updated_at=0.0,
        )

    return make


def test_drawn_players_lie_around_what_is_believed_the_nearer_the_surer(profile):
    kinds = {"melee": 0.6, "ranged": 0.05, "magic": 0.05, "defensive": 0.2, "movement": 0.1}
    sure = posterior_players(profile(0.8, kinds, 2000.0), np.arange(200))
    unsure = posterior_players(profile(0.8, kinds, 4.0), np.arange(200))
    assert sure.shape == (200, at.TRAITS)
    assert np.isfinite(sure).all()
    assert sure[:, BOLD].mean() == pytest.approx(0.8, abs=0.02)
    assert sure[:, MELEE].mean() == pytest.approx(0.6, abs=0.05)
    for column in (BOLD, MELEE):
        assert unsure[:, column].std() > 3 * sure[:, column].std()
    assert (sure[:, RANGE] < 3.0).all()


def test_who_rarely_attacks_keeps_away_and_who_dares_engages_when_hurt(profile):
    kinds = {"melee": 0.1, "ranged": 0.1, "magic": 0.1, "defensive": 0.7}
    shy = posterior_players(profile(0.2, kinds, risk=0.1), np.arange(50))
    bold = posterior_players(profile(0.8, kinds, risk=0.9), np.arange(50))
    assert shy[:, RANGE].mean() > bold[:, RANGE].mean() + 1.0
    assert shy[:, DARES].mean() > bold[:, DARES].mean() + 0.3


def test_a_drawn_player_depends_on_its_seed_alone(profile):
    believed = profile(0.5, {"melee": 0.5, "defensive": 0.5})
    many = posterior_players(believed, np.array([4, 2**62, 9]))
    assert many[1].tolist() == posterior_players(believed, np.array([2**62]))[0].tolist()
    assert many[0].tolist() != many[2].tolist()
    arena = Arena()
    arena.reset(play_scenario(), np.arange(3), arena.players(believed, np.arange(3)))
    assert arena.archetypes(np.arange(2)).shape == (2, at.TRAITS)


def test_a_bot_is_plain_data():
    bot = shipped_bots()["healer"]
    assert msgspec.json.decode(msgspec.json.encode(bot), type=Bot) == bot
