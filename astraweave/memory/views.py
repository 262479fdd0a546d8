"""What a person sees who opens a save in an SQLite browser: readable columns, times as dates.

Nothing here reads them: our own connections have views switched off, and a save whose views are not
these is refused. Released views are frozen, as tables are.
"""

_DAY = "strftime('%Y-%m-%dT%H:%M:%fZ', {}, 'unixepoch')"
_STARTED, _ENDED = _DAY.format("e.start_time"), _DAY.format("e.end_time")


def _byte(number: int) -> str:
    """The value of a byte of the columns; a digit that is not found is a 0."""
    digits = f"hex(substr(o.columns, {number}, 1))"
    high, low = (f"instr('123456789ABCDEF', substr({digits}, {place}, 1))" for place in (1, 2))
    return f"({high} * 16 + {low})"


# Behind seal and checksum a blob of plain columns begins with the number of its observations; of
# what is packed the memory knows it.
_COUNT = (
    "CASE WHEN substr(o.columns, 1, 4) = x'41574c31' THEN "
    f"{_byte(9)} + {_byte(10)} * 256 + {_byte(11)} * 65536 ELSE "
    "(SELECT json_extract(rest, '$.data.observations') FROM memories WHERE id = e.id) END"
)
_STORED = (
    "CASE substr(o.columns, 1, 4) WHEN x'41574c31' THEN 'columns' "
    "WHEN x'41575a31' THEN 'columns, zstd' END"
)
_PROFILE = "m.type = 'semantic' AND substr(m.id, 1, 8) = 'profile:'"


def _profile(group: str, path: str, value: str, more: str = "") -> str:
    """Rows of `v_traits` from one object or array of a profile."""
    low, high = (
        f"json_extract(t.value, '$.{end}')" if group == "trait" else "NULL"
        for end in ("low", "high")
    )
    name = "json_extract(t.value, '$.action')" if group == "preferred_action" else "t.key"
    return (
        f"SELECT m.player, m.companion, '{group}' AS \"group\", {name} AS name, "
        f"round({value}, 4) AS value, round({low}, 4) AS low, round({high}, 4) AS high, "
        "json_extract(m.rest, '$.data.episode_count') AS episodes, "
        f"{_DAY.format('m.created_at')} AS learned "
        f"FROM memories m, json_each(m.rest, '$.data.{path}') t WHERE {_PROFILE}{more}"
    )


VIEWS: tuple[str, ...] = (
    f"""CREATE VIEW v_episodes AS SELECT e.id, e.player, e.companion, e.category,
    {_STARTED} AS started, {_ENDED} AS ended,
    round(e.end_time - e.start_time, 3) AS seconds, {_COUNT} AS observations,
    round(json_extract(e.outcome, '$.success_rating'), 3) AS success,
    round(coalesce(json_extract(e.outcome, '$.player_satisfaction'),
        CASE WHEN e.outcome IS NOT NULL THEN 0.5 END), 3) AS satisfaction,
    round(coalesce(json_extract(e.outcome, '$.damage_dealt'), 0.0), 2) AS damage_dealt,
    round(coalesce(json_extract(e.outcome, '$.damage_taken'), 0.0), 2) AS damage_taken,
    (SELECT group_concat(value, ', ') FROM json_each(e.tags)) AS tags,
    e.policy_version AS weights_version, e.seed,
    e.truncated, e.recovered AS recovered_after_crash, e.learned, e.seq AS number
    FROM episodes e LEFT JOIN observations o ON o.episode = e.seq""",
    f"""CREATE VIEW v_observations AS SELECT e.id AS episode, e.player, e.companion,
    {_STARTED} AS started, {_COUNT} AS observations, length(o.columns) AS bytes,
    {_STORED} AS stored_as, 'astraweave export SAVE --to FILE' AS to_read_them
    FROM observations o JOIN episodes e ON e.seq = o.episode""",
    f"""CREATE VIEW v_memories AS SELECT m.id, m.type, m.text, m.player, m.companion,
    {_DAY.format("m.created_at")} AS created, round(m.importance, 3) AS importance,
    coalesce(json_extract(m.rest, '$.confidence'), 1.0) AS confidence,
    coalesce(json_extract(m.rest, '$.source'), 'direct_experience') AS source,
    json_extract(m.rest, '$.context.location') AS place,
    (SELECT group_concat(value, ', ') FROM json_each(m.rest, '$.context.participants'))
        AS participants,
    json_extract(m.rest, '$.emotion.primary_emotion') AS emotion,
    json_extract(m.rest, '$.emotion.valence') AS valence,
    (SELECT group_concat(value, ', ') FROM json_each(m.rest, '$.tags')) AS tags,
    (SELECT count(*) FROM associations a WHERE a.memory = m.seq) AS links,
    coalesce(json_extract(m.rest, '$.access_count'), 0) + coalesce(u.count, 0) AS uses,
    {_DAY.format("u.last")} AS last_used
    FROM memories m LEFT JOIN uses u ON u.memory = m.seq""",
    """CREATE VIEW v_associations AS SELECT m.id AS memory, m.text, a.relation, a.strength,
    a.target, other.text AS target_text
    FROM associations a JOIN memories m ON m.seq = a.memory
    LEFT JOIN memories other ON other.id = a.target""",
    "CREATE VIEW v_traits AS "
    + " UNION ALL ".join(
        (
            _profile(
                "trait",
                "playstyle",
                "json_extract(t.value, '$.mean')",
                " AND t.key IN ('aggression', 'risk_tolerance')",
            ),
            _profile("combat_style", "playstyle.styles", "t.value"),
            _profile("action_kind", "playstyle.kinds", "t.value"),
            _profile(
                "preferred_action",
                "playstyle.preferred_tactics",
                "json_extract(t.value, '$.share')",
            ),
            _profile("archetype", "archetypes", "t.value"),
        )
    ),
    f"""CREATE VIEW v_weights AS SELECT w.player, w.companion, w.version, t.key AS tactic,
    round(t.value, 4) AS factor, coalesce(w.version = (SELECT d.version FROM deployments d
        WHERE d.player = w.player AND d.companion = w.companion ORDER BY d.seq DESC LIMIT 1), 0)
        AS in_use,
    {_DAY.format("json_extract(w.body, '$.created_at')")} AS created,
    json_extract(w.body, '$.reason') AS reason
    FROM weight_sets w, json_each(w.body, '$.weights') t""",
    """CREATE VIEW v_verdicts AS SELECT p.player, p.companion, p.number,
    json_extract(p.proposal, '$.candidate.version') AS version, p.approved,
    json_extract(p.verdict, '$.step') AS step, json_extract(p.verdict, '$.reason') AS reason,
    json_extract(p.verdict, '$.proof') AS proof, json_extract(p.verdict, '$.episodes') AS episodes,
    json_extract(p.verdict, '$.counterexample.rule') AS broken_rule,
    json_extract(p.verdict, '$.counterexample.scenario') AS scenario,
    json_extract(p.verdict, '$.counterexample.seed') AS seed
    FROM proposals p""",
    f"""CREATE VIEW v_deployments AS SELECT d.player, d.companion, d.seq AS number, d.action,
    d.version, {_DAY.format("json_extract(d.body, '$.deployed_at')")} AS deployed,
    coalesce(json_extract(d.body, '$.reason'), json_extract(d.body, '$.verdict.reason'))
    AS reason FROM deployments d""",
    f"""CREATE VIEW v_digests AS SELECT g.episode, g.player, g.companion,
    {_DAY.format("g.start_time")} AS started, json_extract(g.body, '$.category') AS category,
    json_extract(g.body, '$.outcome.success_rating') AS success FROM digests g""",
    f"""CREATE VIEW v_consents AS SELECT c.player, c.toward, c.given, c.version, c.terms,
    {_DAY.format("c.at")} AS said, c.seq = (SELECT max(seq) FROM consents n
        WHERE n.player = c.player AND n.toward = c.toward) AS newest FROM consents c""",
    f"""CREATE VIEW v_audit AS SELECT a.seq AS number, {_DAY.format("a.at")} AS at, a.action,
    hex(a.actor) AS actor_hash, hex(a.subject) AS subject_hash, a.detail, hex(a.hash) AS chain
    FROM audit a""",
)
"""Schema version 10: `v_…` beside the tables."""
