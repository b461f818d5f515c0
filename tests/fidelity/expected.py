"""Which tests are run, and which are expected to differ, with the reason of each."""

from __future__ import annotations

from fnmatch import fnmatchcase

MODULES = [f"test_{name}" for name in (
    "abc", "argparse", "array", "ast", "base64", "binascii", "bisect", "bool", "bytes", "calendar",
    "charmapcodec", "cmath", "cmd", "code", "collections", "colorsys", "complex", "configparser",
    "context", "contextlib", "contextlib_async", "copy", "coroutines", "csv", "dataclasses",
    "datetime", "decimal", "defaultdict", "deque", "descr", "dict", "dictviews", "difflib",
    "email", "enum", "enumerate", "exceptions", "fnmatch", "fractions", "functools", "generators",
    "genericalias", "getopt", "glob", "grammar", "graphlib", "hashlib", "heapq", "hmac", "html",
    "http_cookies", "ipaddress", "iter", "itertools", "json", "keyword", "list", "math",
    "memoryview", "operator", "optparse", "ordered_dict", "patma", "pathlib", "pprint",
    "property", "quopri", "range", "reprlib", "richcmp", "sched", "set", "shelve", "shlex", "slice",
    "sort", "statistics", "string", "stringprep", "struct", "super", "tempfile", "textwrap",
    "tuple", "types", "typing", "unpack", "urlparse", "userdict", "userlist", "userstring",
    "uuid", "weakset", "with", "xml_etree", "zipfile",
)]  # fmt: skip

# Source distributions on PyPI, and the modules of the tests in them.
PACKAGES = {
    "more_itertools==10.8.0": ("recipes", "more"),
    "lark==1.3.1": (
        "trees", "tree_templates", "grammar", "lexer", "reconstructor", "cache", "tools",
        "tree_forest_transformer", "pattern_matching", "python_grammar", "logger", "parser",
    ),
}  # fmt: skip

MODULES += [
    f"{package.partition('==')[0]}.tests.test_{name}"
    for package, names in PACKAGES.items()
    for name in names
]

# A pattern of tests' names, in which modes, and why they cannot be as they were.
EXPECTED = (
    (
        "test.test_enum.TestSpecial.test_pickle_enum_function*", ("staged",),
        "looks for its caller's module by a fixed number of frames; a region is a frame more",
    ),
    (
        "tests.test_cache.TestCache.test_imports*", ("staged",),
        "a `namedtuple`, pickled, names its module, which is found by a fixed number of frames",
    ),
    (
        "tests.test_cache.TestCache.test_reconstruct*", ("staged",),
        "a `namedtuple`, pickled, names its module, which is found by a fixed number of frames",
    ),
    (
        "tests.test_more.ExtractTests.test_early_free*", ("staged",),
        "before 3.13, a variable that may have no value is read by `f_locals`, which keeps it",
    ),
    *(
        (test, ("staged",), "goes as deep as Python may; a region takes more frames than Python")
        for test in (
            "test.test_ast.test_ast.CopyTests.test_copy_with_parents*",
            "test.test_userdict.UserDictTest.test_repr_deep*",
            "test.test_userlist.UserListTest.test_repr_deep*",
        )
    ),
    *(
        (
            test, ("staged",),
            "a class, or a warning, names the module that is a fixed number of frames away",
        )
        for test in (
            "test.test_dataclasses.TestMakeDataclass.test_module_attr*",
            "test.test_dataclasses.TestMakeDataclass.test_pickle_support*",
            "test.test_enum.TestSpecial.test_tuple_subclass_with_auto_*",
            "test.test_functools.TestPartialPy*.test_partial_as_method*",
        )
    ),
    (
        "test.test_patma.TestPatma.test_patma_*protocol*", ("staged",),
        "`typing` allows itself what its callers may not, and tells by the frame that calls it",
    ),
    (
        "test.test_typing.ProtocolTests.*", ("staged",),
        "`typing` allows itself what its callers may not, and tells by the frame that calls it",
    ),
    (
        "test.test_generators.__test__.*", ("staged",),
        "`doctest` finds the module to test by a fixed number of frames",
    ),
    *(
        (
            test, ("staged",),
            "`doctest` finds the module to test, or its folder, by a fixed number of frames",
        )
        for test in (
            "test.test_cmd.samplecmdclass", "test.test_cmd.CmdPrintExceptionClass",
            "test.test_code", "test.test_deque.__test__.*",
            "test.test_getopt.test_libref_examples*", "test.test_unpack.__test__.*",
            "unittest.loader._FailedTest.test.test_math*", "test.test_math.*", "ieee754_txt",
            "test.test_statistics._calc_errors", "test.test_statistics._nan_equal",
            "test.test_statistics._DoNothing", "test.test_statistics.approx_equal",
            "test.test_statistics.NumericTestCase.assertApproxEqual",
        )
    ),
    *(
        (
            test, ("staged",),
            "a `namedtuple` names its module, which it finds by a fixed number of frames",
        )
        for test in (
            "test.test_collections.TestNamedTuple.test_factory*",
            "test.test_collections.TestNamedTuple.test_pickle*",
            "test.test_decimal.CPythonAPItests.test_pickle*",
            "test.test_decimal.PyPythonAPItests.test_pickle*",
            "tearDownModule (test.test_decimal)*",  # what the two above have left
        )
    ),
    *(
        (test, ("staged",), "counts or names the frames of a traceback; a region is a frame more")
        for test in (
            "test.test_contextlib.TestExitStack.test_exit_exception_traceback*",
            "test.test_contextlib_async.AsyncContextManagerTestCase.test_contextmanager_traceback*",
            "test.test_contextlib_async.TestAsyncExitStack.test_exit_exception_traceback*",
            "test.test_coroutines.OriginTrackingTest.test_origin_tracking*",
        )
    ),
    *(
        (f"test.test_patma.TestPatma.test_patma_{n}", ("staged",),
         "asks `locals()` in a region, which has those variables only that it uses by name")
        for n in (207, 210, 211, 212, 213, 218, 219, 220)
    ),
    (
        "test.test_patma.TestTracing.*", ("staged",),
        "traces the lines of one frame; those of a region are another frame's",
    ),
    (
        "test.test_descr.ClassPropertiesAndMethods.test_slots*", ("staged",),
        "counts all objects there are; regions are made when first needed",
    ),
    (
        "test.test_functools.TestLRUC.test_lru_reentrancy_with_len*", ("staged",),
        "replaces the builtin `len`, which the hooks use, by one that takes hashable objects only",
    ),
    (
        "test.test_richcmp.MiscTest.test_recursion*", ("staged",),
        "allows 50 frames and counts those it takes; a region is a frame more",
    ),
    (
        "test.test_xml_etree.BadElementTest.test_recursive_repr*", ("staged",),
        "uses up the frames there may be; to make a region takes more than were left",
    ),
    (
        "test.test_xml_etree.BugsTest.test_bug_xmltoolkit63*", ("staged",),
        "counts what refers to None; regions are made when first needed",
    ),
    (
        "test.test_iter.TestCase.test_reduce_mutating_builtins_iter*", ("staged",),
        "deletes the builtin `reversed`, which converting a function needs",
    ),
    (
        "test.test_exceptions.ExceptionTests.test_recursion*", ("native", "staged"),
        "counts the frames up to the recursion limit; a hook or a region is a frame more",
    ),
    (
        "test.test_code.CodeTest.test_invalid_bytecode*", ("native", "staged"),
        "damages an opcode; `co_code` shows it as an inline cache, and those are made anew",
    ),
    (
        "test.test_functools.TestLRUPy.test_lru_reentrancy_with_len*", ("native", "staged"),
        "replaces the builtin `len`, which the hooks use, by one that takes hashable objects only",
    ),
)  # fmt: skip


def reason(mode: str, test: str) -> str | None:
    """Why a test is expected to differ in a mode; None if it is not."""
    for pattern, modes, why in EXPECTED:
        if mode in modes and fnmatchcase(test, pattern):
            return why
    return None
