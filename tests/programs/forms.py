"""The forms that generated programs are filled in from.

`{i}` stands for an integer expression, `{c}` for a condition, `{n}` for a small number, `{r}` for a
readable name, `{t}` for a tag of its own; names in capitals for what the generator puts there.
"""

INTEGERS = (
    "{r}", "{n}", "{i} + {i}", "{i} - {i}", "{i} * {i} % 17", "{i} // ({i} % 3 + 1)", "-{i}",
    "({i} if {c} else {i})", "({i} and {i})", "({i} or {i})", "say(log, {t}, {i})",
    "combine({i}, {i} if {c} else {i}, base={i})", "combine({i}, *(xs if {c} else ()), k={i})",
    "max({i}, {i} if {c} else {i}, key=lambda v: v % 5)", "(lambda p: p + {r})({i})",
    "[{i}, {i}, {i}][{i} % 3]", "len(xs)", "d.get({i}, {i})", "box.first % 50",
    "(o if o is not None else {i})", "xs[{r} % 2]", "sum([*xs, {i}][:3]) % 40",
    "call", "call", "walrus", "walrus", "comprehension", "comprehension",
)  # fmt: skip
CONDITIONS = (
    "{i} < {i}", "{i} > {n}", "{i} == {i}", "{i} != {n}", "{r} % 2 == 0", "{i} < {i} <= {i}",
    "{n} <= {i} < {i} != {i}", "{i} in ({i}, {n}, 2)", "{i} not in xs", "not {c}", "not ({c})",
    "({c} and {c})", "({c} or {c})", "({c} and {c} or {c})", "({c} or {c}) and {c}",
    "({c} if {c} else {c})", "say(log, {t}, {c})", "say(log, {t}, {i})", "{r}", "xs", "s", "d",
    "o is None", "o is not None", "len(s) > {n}", "any(v > {i} for v in xs[:4])",
    "all(v != {i} for v in d)", "{i} in d", "xs and xs[0] > {i}", "s.endswith('1')", "True",
)  # fmt: skip
ITERABLES = (
    "range({n})", "range(4)", "[{i}, {i}]", "xs[:4]", "({i}, {i}, {i})", "list(d)[:3]",
    "reversed([{i}, {n}])", "turns(log, {n})", "range({n}, 0, -2)", "sorted(xs)[:4]",
    "sorted({{i}, {n}, {n}})", "([{i}] if {c} else xs[:2])", "map(abs, [{i}, {i}])",
)  # fmt: skip
COMPREHENSIONS = (
    "sum([ITEM for VAR in SOURCE])", "len([ITEM for VAR in SOURCE if {c}])",
    "sum([{i} for VAR in SOURCE if {c} if {c}]) % 31", "len({VAR: {i} for VAR in SOURCE if {c}})",
    "max({VAR % 3 for VAR in SOURCE if {c}}, default={i})", "sum(VAR for VAR in SOURCE if {c})",
    "sum([VAR if {c} else {i} for VAR in SOURCE])",
    "len([[VAR + m for m in range(2) if {c}] for VAR in SOURCE if {c}])",
    "sum([VAR * m for VAR in SOURCE if {c} for m in range(3) if m != VAR])",
    "sum([h() for h in [lambda: VAR for VAR in SOURCE if {c}]])",
    "next((VAR for VAR in SOURCE if {c}), {i})",
    "sum([(lambda p: p + VAR)({i}) for VAR in SOURCE])",
)  # fmt: skip
UNPACKINGS = (
    "FIRST, SECOND = {i}, {i}", "FIRST, SECOND = {r}, {r}",
    "FIRST, (SECOND, log_) = {i}, ({i}, {n})",
    "FIRST, *rest = {i}, *xs; SECOND = len(rest)", "[*_, FIRST], SECOND = [{i}, {i}], {i}",
    "FIRST = SECOND = {i}", "FIRST, SECOND = ({i}, {i}) if {c} else ({i}, {i})",
    "FIRST, SECOND = divmod({i}, {i} % 3 + 1)", "FIRST, SECOND = {i} or 1, {i} and {i}",
)  # fmt: skip
COLLECTIONS = (
    "log.append(({t}, {i}))", "log.append(({t}, {r}, {i} if {c} else {i}))", "xs.append({i})",
    "xs.append({i} if {c} else {i})", "if xs: xs.pop()", "if len(xs) > {n}: xs[{n}] = {i}",
    "xs.insert({i} % 2, {i})", "d[{i}] = {i}", "d[{i}] = d.get({i}, 0) + {i} % 9",
    "d.update({{n}: {i}})", "d.pop({i}, None)", "d.setdefault({i}, {i})", "box.first = {i}",
    "box.first += {i} % 50", "box.second.append({i})", "box.second[0] = {i}",
    "{i} if {c} else xs.append({i})", "{c} and xs.append({i})", "{c} or log.append({i})",
)  # fmt: skip
REBINDINGS = (
    "tally += {i} % 100", "tally = {i}", "s += f'{{r}}'", "s = f'{{r}}:{{r}}'",
    "s += '1' if {c} else '0'",
    "s = s + str({i})", "s = ('even' if {c} else 'odd') + s[:3]", "o = {i}",
    "o = None", "o = {i} if {c} else None", "o = not {c} or {i}", "xs = [*xs[:3], {i}]",
    "xs, ys = [v for v in xs if {c}], xs", "d = {**d, {n}: {i}}", "d = {v: {i} for v in xs if {c}}",
    "xs = xs[:2] + [{i}]", "box = Pair({i}, [{i}])", "xs = [{i} for v in range(3) if {c}]",
)  # fmt: skip
FORS = (
    "for FIRST in SOURCE:", "for FIRST in SOURCE:", "for FIRST in SOURCE:",
    "for SECOND, FIRST in enumerate(SOURCE):", "for FIRST, SECOND in zip(SOURCE, range(3)):",
    "for FIRST, SECOND in list(d.items())[:3]:", "for FIRST in d:", "for FIRST in list(SOURCE):",
    "for SECOND, (FIRST, _) in enumerate(zip(SOURCE, xs)):", "for FIRST in reversed(list(SOURCE)):",
)  # fmt: skip
WITHS = (
    "with Recorder(log, {t}):", "with Recorder(log, {t}) as NAME:", "with Recorder(log, {t}, {c}):",
    "with Recorder(log, {t}), Recorder(log, {t}, True) as NAME:",
)  # fmt: skip
MATCHES = (
    ("{i} % 3", "0", "1 | 2", "_"), ("{i}", "0", "int(NAME)", "_"),
    ("({i}, {i})", "(0, _)", "(NAME, 1)", "_"),
    ("xs", "[]", "[NAME]", "[_, NAME, *_]", "_"), ("d", "{0: NAME}", "{1: 1}", "_"),
    ("box", "Pair(first=0)", "Pair(first=NAME, second=[_])", "_"), ("{i} % 4", "1", "NAME", "_"),
    ("o", "None", "0 | 1 as NAME", "_"), ("s[:4]", "''", "'1' | '0'", "str(text)", "_"),
)  # fmt: skip
