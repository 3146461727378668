"""The effects of SQL on data, protections and permissions, from the parse tree of PostgreSQL's own parser.

Bodies in texts are parsed too: of `DO`, of functions in SQL and PL/pgSQL, and of `EXECUTE` if its text can be
determined.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any

import pgparse

from adapters.sql import SqlError, Statement, statements

Tree = Mapping[str, Any]


class Kind(Enum):
    """The kind of a harmful effect."""

    LOSS = "loss"
    """Deletes data, or removes, changes or blocks what the running version needs."""
    REMOVAL = "removal"
    """The same, but allowed in a migration of the phase `contract`; squawk detects many of these itself."""
    RIGHTS = "rights"
    """Changes permissions, leaves the database, or disables a protection."""


@dataclass(frozen=True)
class Effect:
    """An effect of a statement, at a line from 1."""

    kind: Kind
    text: str
    line: int
    nested: bool = False
    """Whether it is in a body, which squawk does not parse."""


@lru_cache(maxsize=256)
def effects(text: str) -> tuple[Effect, ...]:
    """Return the harmful effects of a file, in the order of its statements. Raises SqlError."""
    found: list[Effect] = []
    own: set[str] = set()
    for statement in statements(text):
        found += dict.fromkeys(_of_statement(statement, own))
        own |= set(_created(statement))
    return tuple(found)


def changes_something(text: str) -> bool:
    """Return whether any statement does more than query or set parameters. Raises SqlError."""
    return any(map(_changes, statements(text)))


def _changes(statement: Statement) -> bool:
    if statement.kind == "DoStmt":
        return _does_something(statement)
    if statement.kind == "SelectStmt":
        return any(name == "FuncCall" for name, _ in _nodes(statement.tree))
    return statement.kind not in ("VariableSetStmt", "VariableShowStmt", "ExplainStmt", "CommentStmt")


def _does_something(block: Statement) -> bool:
    try:
        queries = list(_queries(pgparse.parse_pgsql(block.text)))
    except pgparse.PGQueryError:
        return True
    return any(not text.lower().startswith(("select", "null")) for text, _ in queries)


def can_fail(query: str) -> bool:
    """Return whether the answer of a query depends on the database's content; a query that cannot be parsed counts as
    dependent."""
    try:
        (statement,) = statements(query)
    except (SqlError, ValueError):
        return True
    nodes = list(_nodes({statement.kind: statement.tree}))
    reads = any(name == "RangeVar" for name, _ in nodes) or any(
        name == "FuncCall" and _CATALOG.fullmatch(_function(node)) for name, node in nodes
    )
    return reads and not _always_the_same(statement)


_CATALOG = re.compile(
    r"to_reg\w+|has_\w+_privilege|pg_\w+|current_setting|obj_description|col_description|query_to_xml"
)
"""Functions whose result depends on the database without a table name."""


def _always_the_same(statement: Statement) -> bool:
    """Return whether a query's result is a constant, or a count compared with a bound that every count meets."""
    targets = [each["ResTarget"]["val"] for each in statement.tree.get("targetList", []) if "ResTarget" in each]
    return bool(targets) and all(_constant(each) for each in targets) and not statement.tree.get("whereClause")


def _constant(value: Tree) -> bool:
    ((name, node),) = value.items()
    if name == "A_Expr" and _operator(node) in (">=", "<"):
        counted, bound = node.get("lexpr", {}), node.get("rexpr", {})
        counts = "FuncCall" in counted and _function(counted["FuncCall"]) == "count"
        if counts and "A_Const" in bound and _number(bound["A_Const"]) == 0:
            return True
    return _settled(value) is not None or not any(
        each in ("ColumnRef", "FuncCall", "SubLink", "CurrentOfExpr") for each, _ in _nodes(value)
    )


def _number(constant: Tree) -> float | None:
    if "ival" in constant:
        return constant["ival"].get("ival", 0)
    return None


# Effects

Found = Iterator[tuple[Kind, str]]


def _of_statement(statement: Statement, own: set[str]) -> Iterator[Effect]:
    for kind, text in _of_tree({statement.kind: statement.tree}, own):
        yield Effect(kind, text, statement.line)
    for body in _bodies(statement):
        yield from (replace(each, line=statement.line, nested=True) for each in body)


def _of_tree(tree: Tree, own: set[str]) -> Found:
    for name, node in _nodes(tree):
        known = _EFFECTS.get(name)
        if known and not _of_its_own(name, node, own):
            yield from known(node)


def _nodes(value: Any) -> Iterator[tuple[str, Tree]]:
    """Yield every typed node of a tree, outer nodes first."""
    if isinstance(value, Mapping):
        for key, inside in value.items():
            if key[:1].isupper() and isinstance(inside, Mapping):
                yield key, inside
            yield from _nodes(inside)
    elif isinstance(value, list):
        for each in value:
            yield from _nodes(each)


def _created(statement: Statement) -> Iterator[str]:
    """Return the tables that a statement creates, which cannot contain data yet."""
    if statement.kind in ("CreateStmt", "CreateTableAsStmt") and not statement.tree.get("if_not_exists"):
        relation = statement.tree.get("relation") or statement.tree.get("into", {}).get("rel", {})
        yield relation.get("relname", "")


def _of_its_own(name: str, node: Tree, own: set[str]) -> bool:
    if name in ("DeleteStmt", "UpdateStmt", "AlterTableStmt", "RenameStmt", "MergeStmt"):
        return node.get("relation", {}).get("relname") in own
    if name in ("TruncateStmt", "LockStmt"):
        return all(each["RangeVar"]["relname"] in own for each in node["relations"])
    if name == "DropStmt" and node.get("removeType") == "OBJECT_TABLE":
        return all(list(_strings(each))[-1:] and list(_strings(each))[-1] in own for each in node.get("objects", []))
    return False


def _strings(value: Any) -> Iterator[str]:
    yield from (node.get("sval", "") for name, node in _nodes(value) if name == "String")


def _always(kind: Kind, text: str) -> Callable[[Tree], Found]:
    return lambda node: iter([(kind, text)])


def _rows(verb: str) -> Callable[[Tree], Found]:
    def found(node: Tree) -> Found:
        if not _binds(node.get("whereClause")):
            yield Kind.LOSS, f"{verb} without a WHERE that restricts rows"

    return found


def _binds(where: Any) -> bool:
    """Return whether a condition distinguishes rows."""
    if not where:
        return False
    return _settled(where) is None and any(name in ("ColumnRef", "CurrentOfExpr") for name, _ in _nodes(where))


def _settled(condition: Any) -> bool | None:
    """Return the constant value of a condition that does not depend on rows."""
    ((name, node),) = condition.items() if len(condition) == 1 else (("", {}),)
    if name == "A_Const":
        return node["boolval"].get("boolval", False) if "boolval" in node else None
    if name == "TypeCast":
        return {"t": True, "true": True, "f": False, "false": False}.get(
            node.get("arg", {}).get("A_Const", {}).get("sval", {}).get("sval", "")
        )
    if name == "A_Expr" and _operator(node) in ("=", ">=", "<=", "~~"):
        return True if _same(node.get("lexpr"), node.get("rexpr")) else None
    if name == "BoolExpr":
        return _combined(node)
    return None


def _combined(node: Tree) -> bool | None:
    parts = [_settled(each) for each in node.get("args", [])]
    operator = node.get("boolop")
    if operator == "NOT_EXPR":
        return None if parts[0] is None else not parts[0]
    if operator == "OR_EXPR":
        return True if True in parts or _complete(node["args"]) else None
    return True if all(each is True for each in parts) else None


def _complete(parts: Sequence[Tree]) -> bool:
    """Return whether a condition is `x IS NULL OR x IS NOT NULL`, which every row meets."""
    tests = [each["NullTest"] for each in parts if "NullTest" in each]
    return any(
        one["nulltesttype"] != other["nulltesttype"] and _same(one["arg"], other["arg"])
        for one in tests
        for other in tests
    )


def _same(left: Any, right: Any) -> bool:
    return left is not None and _bare(left) == _bare(right)


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _bare(each) for key, each in value.items() if key != "location"}
    return [_bare(each) for each in value] if isinstance(value, list) else value


def _operator(node: Tree) -> str:
    return "".join(_strings(node.get("name", [])))


def _function(node: Tree) -> str:
    return next(reversed(list(_strings(node.get("funcname", [])))), "")


def _merge(node: Tree) -> Found:
    for each in node.get("mergeWhenClauses", []):
        clause = each["MergeWhenClause"]
        if clause.get("commandType") == "CMD_DELETE" and not _binds(clause.get("condition")):
            yield Kind.LOSS, "MERGE that deletes every match"


def _drop(node: Tree) -> Found:
    what = str(node.get("removeType", "")).removeprefix("OBJECT_").replace("_", " ")
    if what == "POLICY":
        yield Kind.RIGHTS, "DROP POLICY removes row-level security"
    elif not (what == "INDEX" and node.get("concurrent")):
        yield Kind.REMOVAL, f"DROP {what}"


def _alter(node: Tree) -> Found:
    for each in node.get("cmds", []):
        subtype = each["AlterTableCmd"].get("subtype", "")
        if subtype in _ALTERATIONS:
            yield _ALTERATIONS[subtype]
        elif subtype.startswith("AT_Drop"):
            yield Kind.REMOVAL, f"ALTER … DROP {_spelled(subtype.removeprefix('AT_Drop'))}"
        elif subtype.startswith(("AT_DisableTrig", "AT_DisableRule")):
            yield Kind.LOSS, "DISABLE TRIGGER or RULE disables a check on data"


def _spelled(word: str) -> str:
    return " ".join(re.findall(r"[A-Z][a-z]*", word)).upper()


_ALTERATIONS = {
    "AT_AlterColumnType": (Kind.REMOVAL, "ALTER COLUMN … TYPE"),
    "AT_SetNotNull": (Kind.REMOVAL, "SET NOT NULL"),
    "AT_DisableRowSecurity": (Kind.RIGHTS, "DISABLE ROW LEVEL SECURITY opens every row"),
    "AT_NoForceRowSecurity": (Kind.RIGHTS, "NO FORCE ROW LEVEL SECURITY opens every row to the owner"),
    "AT_ChangeOwner": (Kind.RIGHTS, "OWNER TO gives what it alters to another role"),
    "AT_SetLogged": (Kind.LOSS, "SET LOGGED rewrites the whole table"),
    "AT_SetUnLogged": (Kind.LOSS, "SET UNLOGGED makes a table that a crash empties"),
    "AT_DetachPartition": (Kind.LOSS, "DETACH PARTITION takes rows out of the table"),
    "AT_SetTableSpace": (Kind.LOSS, "SET TABLESPACE locks and copies the whole table"),
}


def _grant(node: Tree) -> Found:
    public = any(each["RoleSpec"].get("roletype") == "ROLESPEC_PUBLIC" for each in node.get("grantees", []))
    if node.get("is_grant") and public:
        yield Kind.RIGHTS, "GRANT … TO PUBLIC grants privileges to every role"
    elif node.get("is_grant") and node.get("grant_option"):
        yield Kind.RIGHTS, "WITH GRANT OPTION lets a role pass privileges on"
    elif not node.get("is_grant") and not public:
        yield Kind.LOSS, "REVOKE removes privileges that a role may need"


def _copy(node: Tree) -> Found:
    if node.get("is_program"):
        yield Kind.RIGHTS, "COPY … PROGRAM runs a program on the server"
    elif node.get("filename"):
        yield Kind.RIGHTS, "COPY reads or writes a file of the server"


_SETTINGS = re.compile(
    r"(lock|statement|idle_in_transaction_session|idle_session|transaction|deadlock)_timeout"
    r"|session_replication_role|row_security|role|session_authorization|default_transaction_read_only"
    r"|zero_damaged_pages|ignore_system_indexes|fsync|synchronous_commit|allow_system_table_mods|check_function_bodies"
)


def _set(node: Tree) -> Found:
    name = str(node.get("name", "")).lower()
    if node.get("kind") == "VAR_RESET_ALL" or _SETTINGS.fullmatch(name):
        yield Kind.RIGHTS, f"SET of {name or 'everything'} is the migration's own affair"


def _call(node: Tree) -> Found:
    name = _function(node)
    if name == "set_config":
        setting = next(_constants(node.get("args", [])[:1]), "").lower()
        if not setting or _SETTINGS.fullmatch(setting):
            yield Kind.RIGHTS, "set_config changes what the migration itself has set"
    elif _FUNCTIONS.fullmatch(name):
        yield Kind.RIGHTS, f"{name}() leaves the database or ends what others do"


_FUNCTIONS = re.compile(
    r"pg_(read|write|stat|ls)_\w*(file|dir)\w*|pg_file_\w+|lo_(import|export|unlink)|dblink\w*|pg_terminate_backend"
    r"|pg_cancel_backend|pg_reload_conf|pg_rotate_logfile|pg_switch_wal|pg_promote|pg_execute_server_program"
    r"|pg_drop_replication_slot|query_to_xml\w*|pg_import_system_collations"
)


def _constants(values: Sequence[Any]) -> Iterator[str]:
    for each in values:
        constant = each.get("A_Const", {}) if isinstance(each, Mapping) else {}
        if "sval" in constant:
            yield constant["sval"].get("sval", "")


_TRUSTED = {"sql", "plpgsql"}
_EXTENSIONS = re.compile(
    r"dblink|file_fdw|postgres_fdw|adminpack|plpython\w*|plperlu|pltclu|http|pg_cron|aws_\w+|pg_net|lo"
)


def _extension(node: Tree) -> Found:
    if _EXTENSIONS.fullmatch(str(node.get("extname", ""))):
        yield Kind.RIGHTS, f"CREATE EXTENSION {node['extname']} gives access outside the database"


def _routine(node: Tree) -> Found:
    options = {each["DefElem"]["defname"]: each["DefElem"].get("arg", {}) for each in node.get("options", [])}
    settings = [
        each["DefElem"]["arg"]["VariableSetStmt"].get("name")
        for each in node.get("options", [])
        if each["DefElem"]["defname"] == "set"
    ]
    if _is_true(options.get("security", {})) and "search_path" not in settings:
        yield (
            Kind.RIGHTS,
            "SECURITY DEFINER without a search_path runs objects of any schema with the owner's privileges",
        )
    language = next(_strings(options.get("language", {})), "sql").lower()
    if language not in _TRUSTED:
        yield Kind.RIGHTS, f"a function in {language} cannot be analysed here"


def _is_true(value: Tree) -> bool:
    return bool(value.get("Boolean", {}).get("boolval"))


def _refresh(node: Tree) -> Found:
    if not node.get("concurrent"):
        yield Kind.LOSS, "REFRESH MATERIALIZED VIEW blocks readers: use CONCURRENTLY"


def _vacuum(node: Tree) -> Found:
    if any(each["DefElem"]["defname"] == "full" for each in node.get("options", [])):
        yield Kind.LOSS, "VACUUM FULL locks the table while it is rewritten"


def _reindex(node: Tree) -> Found:
    if not any(each["DefElem"]["defname"] == "concurrently" for each in node.get("params", [])):
        yield Kind.LOSS, "REINDEX locks the table: use CONCURRENTLY"


def _rename(node: Tree) -> Found:
    what = str(node.get("renameType", "")).removeprefix("OBJECT_").replace("_", " ")
    if what == "ROLE":
        yield Kind.RIGHTS, "RENAME of a role"
    elif what not in ("INDEX", "TABCONSTRAINT"):
        yield Kind.REMOVAL, f"RENAME of a {what.lower()}"


def _policy(node: Tree) -> Found:
    for clause in ("qual", "with_check"):
        if node.get(clause) and _settled(node[clause]) is True and node.get("permissive"):
            yield Kind.RIGHTS, "CREATE POLICY … (true) gives everybody access to every row"
            return


def _publication(node: Tree) -> Found:
    if "Drop" in str(node.get("action", "")):
        yield Kind.LOSS, "ALTER PUBLICATION … DROP stops replication"


_LEAVES = _always(Kind.RIGHTS, "a foreign server or user mapping gives access to another database")
_ROLES = _always(Kind.RIGHTS, "roles and privileges are declared with the database, never created by a migration")

_EFFECTS: Mapping[str, Callable[[Tree], Found]] = {
    "TruncateStmt": _always(Kind.LOSS, "TRUNCATE deletes every row"),
    "DeleteStmt": _rows("DELETE"),
    "UpdateStmt": _rows("UPDATE"),
    "MergeStmt": _merge,
    "DropStmt": _drop,
    "DropdbStmt": _always(Kind.REMOVAL, "DROP DATABASE"),
    "DropOwnedStmt": _always(Kind.REMOVAL, "DROP OWNED"),
    "DropTableSpaceStmt": _always(Kind.REMOVAL, "DROP TABLESPACE"),
    "DropSubscriptionStmt": _always(Kind.REMOVAL, "DROP SUBSCRIPTION"),
    "DropUserMappingStmt": _LEAVES,
    "RenameStmt": _rename,
    "AlterObjectSchemaStmt": _always(Kind.REMOVAL, "SET SCHEMA moves an object that the running version uses"),
    "AlterTableStmt": _alter,
    "AlterEventTrigStmt": _always(Kind.LOSS, "ALTER EVENT TRIGGER may disable a protection"),
    "AlterPublicationStmt": _publication,
    "LockStmt": _always(Kind.LOSS, "LOCK blocks everyone who uses the table"),
    "VacuumStmt": _vacuum,
    "ClusterStmt": _always(Kind.LOSS, "CLUSTER locks the table while it is rewritten"),
    "ReindexStmt": _reindex,
    "RefreshMatViewStmt": _refresh,
    "GrantStmt": _grant,
    "AlterDefaultPrivilegesStmt": lambda node: _grant(node.get("action", {})),
    "GrantRoleStmt": _ROLES,
    "CreateRoleStmt": _ROLES,
    "AlterRoleStmt": _ROLES,
    "AlterRoleSetStmt": _ROLES,
    "DropRoleStmt": _ROLES,
    "ReassignOwnedStmt": _ROLES,
    "AlterOwnerStmt": _always(Kind.RIGHTS, "OWNER TO gives what it alters to another role"),
    "AlterDatabaseSetStmt": _always(Kind.RIGHTS, "ALTER DATABASE … SET changes every later session"),
    "AlterSystemStmt": _always(Kind.RIGHTS, "ALTER SYSTEM changes the whole server"),
    "VariableSetStmt": _set,
    "FuncCall": _call,
    "CopyStmt": _copy,
    "LoadStmt": _always(Kind.RIGHTS, "LOAD loads a library into the server"),
    "CreateExtensionStmt": _extension,
    "CreateFunctionStmt": _routine,
    "CreatePLangStmt": _always(Kind.RIGHTS, "CREATE LANGUAGE allows code that cannot be analysed here"),
    "CreatePolicyStmt": _policy,
    "CreateForeignServerStmt": _LEAVES,
    "CreateUserMappingStmt": _LEAVES,
    "CreateSubscriptionStmt": _LEAVES,
    "CreateFdwStmt": _LEAVES,
    "SecLabelStmt": _always(Kind.RIGHTS, "SECURITY LABEL changes permissions"),
}


# Bodies


def _bodies(statement: Statement) -> Iterator[Sequence[Effect]]:
    if statement.kind not in ("DoStmt", "CreateFunctionStmt"):
        return
    options = statement.tree.get("args" if statement.kind == "DoStmt" else "options", [])
    of = {each["DefElem"]["defname"]: each["DefElem"].get("arg", {}) for each in options}
    language = next(_strings(of.get("language", {})), "plpgsql" if statement.kind == "DoStmt" else "sql").lower()
    text = next(_strings(of.get("as", {})), None)
    if text is None:
        return
    if language == "sql":
        yield _read(text)
    elif language == "plpgsql":
        yield _read_block(statement)
    elif statement.kind == "DoStmt":
        yield [Effect(Kind.RIGHTS, f"DO in {language} cannot be analysed here", 1)]


def _read(text: str) -> Sequence[Effect]:
    try:
        return effects(text)
    except SqlError:
        return [Effect(Kind.LOSS, "runs a body that cannot be analysed", 1)]


def _read_block(statement: Statement) -> Sequence[Effect]:
    try:
        queries = list(_queries(pgparse.parse_pgsql(statement.text)))
    except pgparse.PGQueryError:
        return [Effect(Kind.LOSS, "runs a body that cannot be analysed", 1)]
    return [each for text, dynamic in queries for each in (_executed(text) if dynamic else _query(text))]


def _queries(block: Any) -> Iterator[tuple[str, bool]]:
    """Yield every SQL text in a block, and whether it is an expression that builds one for EXECUTE."""
    for name, node in _nodes(block):
        if name == "PLpgSQL_expr":
            yield node.get("query", ""), False
    for name, node in _nodes(block):
        if name in ("PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"):
            yield node.get("query", {}).get("PLpgSQL_expr", {}).get("query", ""), True
        elif name in ("PLpgSQL_stmt_return_query", "PLpgSQL_stmt_open") and "dynquery" in node:
            yield node["dynquery"]["PLpgSQL_expr"]["query"], True


def _query(text: str) -> Sequence[Effect]:
    """Return the effects of a statement, or of an expression, which has effects only through calls."""
    for written in (text, f"SELECT {text}", f"SELECT ({text.partition(':=')[2] or text.partition('=')[2]})"):
        try:
            return effects(written)
        except SqlError:
            continue
    return []


def _executed(expression: str) -> Sequence[Effect]:
    """Return the effects of EXECUTE; an undetermined text may do anything."""
    try:
        (statement,) = statements(f"SELECT {expression}")
        text = _text_of(statement.tree["targetList"][0]["ResTarget"]["val"])
        return effects(text) if text else _UNTOLD
    except (SqlError, ValueError, LookupError):
        return _UNTOLD


_UNTOLD = (Effect(Kind.LOSS, "EXECUTE of a string that is only known at run time", 1),)


def _text_of(value: Tree) -> str | None:
    """Return the text of an expression, with a placeholder name for the values that `format` and `||` insert."""
    ((name, node),) = value.items()
    if name == "A_Const":
        return node.get("sval", {}).get("sval")
    if name == "TypeCast":
        return _text_of(node["arg"])
    if name == "FuncCall" and _function(node) == "format":
        template = next(_constants(node.get("args", [])[:1]), None)
        return None if template is None or "%s" in template else re.sub(r"%(\d+\$)?-?\d*I", "x", _literals(template))
    if name == "FuncCall" and _function(node) in ("quote_ident", "quote_literal", "quote_nullable"):
        return "x" if _function(node) == "quote_ident" else "'x'"
    if name == "A_Expr" and _operator(node) == "||":
        parts = [_text_of(node["lexpr"]), _text_of(node["rexpr"])]
        return None if None in parts else "".join(map(str, parts))
    return None


def _literals(template: str) -> str:
    return re.sub(r"%(\d+\$)?-?\d*L", "'x'", template).replace("%%", "%")


SWITCHES = re.compile(r"(--|/\*).*squawk-(ignore|disable|enable)[\w-]*")
"""Comments that disable squawk."""


def ignored_lines(text: str) -> Iterator[tuple[int, str]]:
    """Return the lines, from 1, of comments that disable the linter, and the rules that they disable."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := SWITCHES.search(line):
            yield number, re.sub(r"[^\w, -]", "", line[found.start(2) - len("squawk-") :]).strip()
