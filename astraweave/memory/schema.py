"""What a save file holds, as SQL. Released versions are frozen: a change is a new migration.

Rows carry what people and queries read as columns, and the rest as JSON or a sealed blob.
`crc` covers the columns beside it (`codec.row_crc`); blobs carry their own CRC32 inside.
"""

APPLICATION_ID = 0x41575645
"""`AWVE`, at byte 68 of the file: a database without it is somebody else's."""

VERSION_1: tuple[str, ...] = (
    """CREATE TABLE migrations (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL
) STRICT""",
    """CREATE TABLE episodes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 200),
    player TEXT NOT NULL CHECK (length(player) BETWEEN 1 AND 200),
    companion TEXT NOT NULL CHECK (length(companion) BETWEEN 1 AND 200),
    category TEXT NOT NULL CHECK (category IN
        ('combat', 'dialogue', 'exploration', 'puzzle', 'quest', 'social')),
    start_time REAL NOT NULL CHECK (start_time BETWEEN 0 AND 4e11),
    end_time REAL CHECK (end_time BETWEEN 0 AND 4e11),
    policy_version INTEGER NOT NULL CHECK (policy_version >= 0),
    seed INTEGER NOT NULL,
    truncated INTEGER NOT NULL CHECK (truncated IN (0, 1)),
    outcome TEXT,
    tags TEXT NOT NULL,
    crc INTEGER NOT NULL,
    recovered INTEGER NOT NULL DEFAULT 0 CHECK (recovered IN (0, 1)),
    learned INTEGER NOT NULL DEFAULT 0 CHECK (learned IN (0, 1))
) STRICT""",
    "CREATE INDEX episodes_of_pair ON episodes (player, companion, seq)",
    # Partial: finding what is still to be learned must not grow with the history.
    "CREATE INDEX episodes_unlearned ON episodes (player, companion, seq) WHERE learned = 0",
    """CREATE TABLE observations (
    episode INTEGER PRIMARY KEY REFERENCES episodes (seq) ON DELETE CASCADE,
    columns BLOB NOT NULL CHECK (length(columns) >= 32)
) STRICT""",
    """CREATE TABLE memories (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 200),
    type TEXT NOT NULL CHECK (type IN
        ('sensory', 'working', 'episodic', 'semantic', 'procedural', 'emotional', 'social')),
    text TEXT NOT NULL,
    importance REAL NOT NULL CHECK (importance BETWEEN 0 AND 1),
    created_at REAL NOT NULL CHECK (created_at BETWEEN 0 AND 4e11),
    player TEXT NOT NULL CHECK (length(player) BETWEEN 1 AND 200),
    companion TEXT NOT NULL CHECK (length(companion) BETWEEN 1 AND 200),
    rest TEXT NOT NULL,
    crc INTEGER NOT NULL
) STRICT""",
    "CREATE INDEX memories_by_time ON memories (created_at, seq)",
    "CREATE INDEX memories_by_type ON memories (type, created_at, seq)",
    """CREATE TABLE tags (
    memory INTEGER NOT NULL REFERENCES memories (seq) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (memory, tag)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX tags_by_tag ON tags (tag, memory)",
    """CREATE TABLE associations (
    memory INTEGER NOT NULL REFERENCES memories (seq) ON DELETE CASCADE,
    target TEXT NOT NULL CHECK (length(target) BETWEEN 1 AND 200),
    relation TEXT NOT NULL,
    strength REAL NOT NULL CHECK (strength BETWEEN 0 AND 1),
    PRIMARY KEY (memory, target, relation)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX associations_by_target ON associations (target, memory)",
    # No reference to episodes: a row of statistics outlives the episode it was computed from.
    """CREATE TABLE statistics (
    seq INTEGER PRIMARY KEY,
    player TEXT NOT NULL,
    companion TEXT NOT NULL,
    episode TEXT NOT NULL CHECK (length(episode) BETWEEN 1 AND 200),
    position INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (player, companion, episode)
) STRICT""",
    "CREATE INDEX statistics_in_order ON statistics (player, companion, position)",
    """CREATE TABLE states (
    player TEXT NOT NULL CHECK (length(player) BETWEEN 1 AND 200),
    companion TEXT NOT NULL CHECK (length(companion) BETWEEN 1 AND 200),
    body BLOB NOT NULL,
    PRIMARY KEY (player, companion)
) STRICT""",
    """CREATE TABLE weight_sets (
    player TEXT NOT NULL,
    companion TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 0),
    body TEXT NOT NULL,
    crc INTEGER NOT NULL,
    PRIMARY KEY (player, companion, version)
) STRICT""",
    """CREATE TABLE proposals (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    player TEXT NOT NULL,
    companion TEXT NOT NULL,
    number INTEGER NOT NULL CHECK (number >= 1),
    approved INTEGER NOT NULL CHECK (approved IN (0, 1)),
    proposal TEXT NOT NULL,
    verdict TEXT NOT NULL,
    crc INTEGER NOT NULL
) STRICT""",
    "CREATE INDEX proposals_of_pair ON proposals (player, companion, seq)",
    """CREATE TABLE deployments (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    player TEXT NOT NULL,
    companion TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 0),
    action TEXT NOT NULL,
    body TEXT NOT NULL,
    crc INTEGER NOT NULL
) STRICT""",
    "CREATE INDEX deployments_of_pair ON deployments (player, companion, seq)",
    """CREATE TABLE notes (
    key TEXT PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 200),
    body BLOB NOT NULL
) STRICT""",
    """CREATE TABLE sessions (
    token TEXT PRIMARY KEY CHECK (length(token) = 16)
) STRICT""",
    """CREATE TABLE checkpoints (
    episode TEXT NOT NULL CHECK (length(episode) BETWEEN 1 AND 200),
    first INTEGER NOT NULL CHECK (first >= 0),
    session TEXT NOT NULL REFERENCES sessions (token) ON DELETE CASCADE,
    body BLOB NOT NULL,
    PRIMARY KEY (episode, first)
) STRICT""",
    "CREATE INDEX checkpoints_of_session ON checkpoints (session, episode, first)",
    """CREATE TABLE quarantine (
    seq INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    reason TEXT NOT NULL,
    body BLOB
) STRICT""",
)

VERSION_2: tuple[str, ...] = (
    # A row a proposal, never deleted: its number says how much of the error rate is left.
    """CREATE TABLE ledger (
    player TEXT NOT NULL CHECK (length(player) BETWEEN 1 AND 200),
    companion TEXT NOT NULL CHECK (length(companion) BETWEEN 1 AND 200),
    number INTEGER NOT NULL CHECK (number BETWEEN 1 AND 1000000000000),
    body TEXT NOT NULL,
    crc INTEGER NOT NULL,
    PRIMARY KEY (player, companion, number)
) STRICT""",
    """CREATE TABLE verdicts (
    seq INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE CHECK (length(key) = 64),
    body BLOB NOT NULL
) STRICT""",
)

# Made from the memories by `indexing`, and made again when it is damaged: a newly written memory
# has none of it until somebody asks, so that writing stays cheap.
VERSION_3: tuple[str, ...] = (
    """CREATE TABLE vectors (
    memory INTEGER PRIMARY KEY REFERENCES memories (seq) ON DELETE CASCADE,
    player TEXT NOT NULL CHECK (length(player) BETWEEN 1 AND 200),
    features BLOB NOT NULL
) STRICT""",
    "CREATE INDEX vectors_of_player ON vectors (player, memory)",
    """CREATE TABLE contexts (
    memory INTEGER NOT NULL REFERENCES memories (seq) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('place', 'participant')),
    value TEXT NOT NULL,
    PRIMARY KEY (memory, kind, value)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX contexts_by_value ON contexts (kind, value, memory)",
    # Tokens are made by `words`; this tokenizer only splits at the spaces between them. With
    # content: only such a table takes a deleted word out of the file.
    """CREATE VIRTUAL TABLE memory_words USING fts5 (
    words, detail = none, columnsize = 0, tokenize = 'ascii'
)""",
    "INSERT INTO memory_words (memory_words, rank) VALUES ('secure-delete', 1)",
    # Beside the memory and not in it: being asked for must not write the memory anew.
    """CREATE TABLE uses (
    memory INTEGER PRIMARY KEY REFERENCES memories (seq) ON DELETE CASCADE,
    count INTEGER NOT NULL CHECK (count >= 0),
    last REAL NOT NULL CHECK (last BETWEEN 0 AND 4e11)
) STRICT""",
    "ALTER TABLE associations ADD COLUMN crc INTEGER",
)

VERSION_4: tuple[str, ...] = (
    "ALTER TABLE vectors ADD COLUMN linked INTEGER NOT NULL DEFAULT 0 CHECK (linked IN (0, 1))",
    # Partial: finding what is still to be linked must not grow with the history.
    "CREATE INDEX vectors_unlinked ON vectors (memory) WHERE linked = 0",
    # An episode without its observations: what is left when it was evicted.
    """CREATE TABLE digests (
    episode TEXT PRIMARY KEY CHECK (length(episode) BETWEEN 1 AND 200),
    player TEXT NOT NULL CHECK (length(player) BETWEEN 1 AND 200),
    companion TEXT NOT NULL CHECK (length(companion) BETWEEN 1 AND 200),
    start_time REAL NOT NULL,
    body TEXT NOT NULL,
    crc INTEGER NOT NULL
) STRICT""",
    "CREATE INDEX digests_of_player ON digests (player, start_time)",
)

VERSION_5: tuple[str, ...] = (
    """CREATE TABLE dictionaries (
    number INTEGER PRIMARY KEY CHECK (number >= 1),
    body BLOB NOT NULL
) STRICT""",
)

VERSION_6: tuple[str, ...] = (
    # How many durable commits there were; the mark beside the save says how many there must be.
    # The stamp is that of a log: what was copied or put back is not compared with another's mark.
    """CREATE TABLE acknowledged (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    stamp BLOB NOT NULL CHECK (length(stamp) = 8),
    count INTEGER NOT NULL CHECK (count >= 0)
) STRICT""",
    "INSERT INTO acknowledged VALUES (1, randomblob(8), 0)",
)

VERSION_7: tuple[str, ...] = ("ALTER TABLE uses ADD COLUMN crc INTEGER",)

VERSION_8: tuple[str, ...] = (
    # Whoever is named in the audit is named by a hash with a salt of his own: without the row no
    # one can say who it was.
    """CREATE TABLE salts (
    kind TEXT NOT NULL CHECK (kind IN ('save', 'player', 'companion')),
    name TEXT NOT NULL CHECK (length(name) <= 200),
    salt BLOB NOT NULL CHECK (length(salt) = 16),
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE consents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    player TEXT NOT NULL CHECK (length(player) BETWEEN 1 AND 200),
    toward TEXT NOT NULL CHECK (length(toward) BETWEEN 1 AND 200),
    given INTEGER NOT NULL CHECK (given IN (0, 1)),
    version INTEGER NOT NULL CHECK (version >= 1),
    terms TEXT NOT NULL,
    at REAL NOT NULL CHECK (at BETWEEN 0 AND 4e11),
    crc INTEGER NOT NULL
) STRICT""",
    # Autoincrement: SQLite's own count says when the newest rows were cut off.
    """CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL CHECK (at BETWEEN 0 AND 4e11),
    action TEXT NOT NULL CHECK (length(action) BETWEEN 1 AND 40),
    actor BLOB,
    subject BLOB,
    detail TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT""",
    """CREATE TABLE tombstones (
    seq INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    until REAL NOT NULL CHECK (until BETWEEN 0 AND 4e11)
) STRICT""",
    # A row as long as deleted text may still stand in free pages, the log or a backup.
    """CREATE TABLE erasures (
    seq INTEGER PRIMARY KEY,
    at REAL NOT NULL CHECK (at BETWEEN 0 AND 4e11)
) STRICT""",
)

VERSION_9: tuple[str, ...] = (
    # Without it, forgetting one episode would read the rows of all.
    "CREATE INDEX statistics_by_episode ON statistics (episode)",
    # What a game's own vectors are found by; made from the memories, like the rest of the index.
    """CREATE TABLE embeddings (
    memory INTEGER PRIMARY KEY REFERENCES memories (seq) ON DELETE CASCADE,
    player TEXT NOT NULL CHECK (length(player) BETWEEN 1 AND 200),
    dimensions INTEGER NOT NULL CHECK (dimensions >= 1),
    body BLOB NOT NULL
) STRICT""",
    "CREATE INDEX embeddings_of_player ON embeddings (player, dimensions, memory)",
)
