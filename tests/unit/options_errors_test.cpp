#include "command_line.h"

#include "pxlaunch/cli/option_table.h"

#include <doctest/doctest.h>

using namespace px;
using namespace px::cli;

namespace {

struct Row {
    Words words;
    std::string errors;
};

void check(const std::vector<Row> &rows) {
    for (const auto &[words, errors] : rows) {
        CAPTURE(words);
        CHECK(errors_of(words) == errors);
    }
}

} // namespace

TEST_CASE("commands that are not there") {
    const std::string both =
        " | write a command on both sides of ':', or -- before a command "
        "that has ':' as an argument\n";
    check({
        {{}, "no command was given | write pxlaunch [OPTIONS] COMMAND [ARG...]\n"},
        {{"-n", "4"},
         "no command was given | write pxlaunch [OPTIONS] COMMAND [ARG...]\n"},
        {{"--"}, "no command was given | write pxlaunch [OPTIONS] COMMAND [ARG...]\n"},
        {{""}, "the command is empty | an unset variable in quotes is an empty word\n"},
        {{"a", ":", ""},
         "the command of application 2 is empty | an unset variable in quotes is an "
         "empty "
         "word\n"},
        {{"a", ":", ":", "b"}, "application 2 has no command" + both},
        {{"a", ":"}, "application 2 has no command" + both},
        {{":", "a"}, "application 1 has no command" + both},
        {{"a", ":", "-n", "2"}, "application 2 has no command" + both},
        {{":"},
         "application 1 has no command" + both + "application 2 has no command" + both},
    });
}

TEST_CASE("words that are no option") {
    check({
        {{"--tiemout", "5", "p"}, "unknown option --tiemout | did you mean --timeout?\n"},
        {{"--hostfiel=x", "p"}, "unknown option --hostfiel | did you mean --hostfile?\n"},
        {{"--n", "4", "p"}, "unknown option --n | did you mean -n?\n"},
        {{"-vz", "p"}, "unknown option -vz | did you mean -v?\n"},
        {{"--flibbertigibbet", "p"},
         "unknown option --flibbertigibbet | for the options see pxlaunch --help; put -- "
         "before "
         "a command whose name begins with a dash\n"},
        {{"-n"}, "-n needs an argument | write -n N\n"},
        {{"--timeout"}, "--timeout needs an argument | write --timeout TIME\n"},
        {{"-vn"}, "-vn needs an argument | write -vn N\n"},
        {{"-hostfile"}, "-hostfile needs an argument | write -hostfile FILE\n"},
        {{"--nodes", "1", "--tag=maybe", "p"},
         "--tag: expected yes or no, got 'maybe' | a flag alone means yes\n"},
    });
}

TEST_CASE("options of other launchers say what to write here") {
    check({
        {{"--mca", "btl", "self,sm", "p"},
         "--mca is not an option of pxlaunch | write -x OMPI_MCA_btl=self,sm\n"},
        {{"--mca"},
         "--mca is not an option of pxlaunch | write -x OMPI_MCA_NAME=VALUE\n"},
        {{"--prtemca", "a", "b", "p"},
         "--prtemca is not an option of pxlaunch | set PRTE_MCA_a=b where the runtime is "
         "started\n"},
        {{"--ntasks=4", "p"}, "--ntasks is not an option of pxlaunch | write -n 4\n"},
        {{"--ntasks", "4", "p"}, "--ntasks is not an option of pxlaunch | write -n 4\n"},
        {{"--npersocket", "2", "p"},
         "--npersocket is not an option of pxlaunch | write --map-by ppr:2:package\n"},
        {{"--allow-run-as-root", "p"},
         "--allow-run-as-root is not an option of pxlaunch | leave it out: pxlaunch does "
         "not "
         "ask\n"},
    });
    // Two-word parameters are skipped whole: the command after them is still found.
    CHECK(errors_of({"--mca", "a", "b", "--tiemout", "p"}).find("--tiemout") !=
          std::string::npos);
}

TEST_CASE("bad values, one for every option that can have one") {
    struct Bad {
        std::string option, value, what;
    };
    for (const auto &[option, value, what] : std::vector<Bad>{
             {"-n", "four", "expected a number, got 'four'"},
             {"-np", "0", "expected a number of at least 1, got '0'"},
             {"-n", "-3", "expected a number, got '-3'"},
             {"-n", "10000001", "expected a number up to 10000000, got '10000001'"},
             {"-N", "x", "expected a number, got 'x'"},
             {"--ppn", "", "expected a number, got ''"},
             {"--nodes", "two", "expected a number, got 'two'"},
             {"-c", "1.5", "expected a number, got '1.5'"},
             {"-g", "all", "expected a number, got 'all'"},
             {"--host", "a,,b", "expected names of nodes, got 'a,,b'"},
             {"--host", "a:0", "expected a number of at least 1, got '0'"},
             {"--host", ":4", "expected names of nodes, got ':4'"},
             {"--hostfile", "", "expected the name of a file, got ''"},
             {"--exclude", "", "expected names of nodes, got ''"},
             {"--oversubscribe", "=x", ""},
             {"-x", "=v", "expected the name of a variable, got =v"},
             {"-x", "OMP_*=3", "a pattern cannot be given a value: 'OMP_*=3'"},
             {"--unset-env", "A=1", "expected a name without '=', got A=1"},
             {"--unset-env", "", "expected the name of a variable, got ''"},
             {"--env-file", "", "expected the name of a file, got ''"},
             {"-C", "", "expected a directory, got ''"},
             {"--path", "", "expected a directory, got ''"},
             {"--stdin", "al", "expected one of RANK, all, none, got 'al'"},
             {"--output", "", "expected a directory or a pattern, got ''"},
             {"--output", "x%z", "'%z' means nothing in 'x%z'"},
             {"--output", "x%", "'%' means nothing in 'x%'"},
             {"--rec", "slurm", ""},
             {"--uri", "file:", "expected a URI or file:PATH, got 'file:'"},
             {"--timeout", "ten", "expected a duration, got 'ten'"},
             {"--start-timeout", "-1", "expected a duration, got '-1'"},
             {"--grace", "1:99", "expected a duration, got '1:99'"},
             {"--on-timeout", "stack", "expected one of stacks, got 'stack'"},
             {"--on-failure", "die", "expected one of kill, wait, ignore, got 'die'"},
             {"--forward-signals", "KILL", "SIGKILL cannot be forwarded"},
             {"--forward-signals", "15", "SIGTERM cannot be forwarded"},
             {"--display", "map,pins", "expected one of map, bind, alloc, got 'pins'"},
             {"--status-fd", "0", "descriptor 0 is standard input"},
             {"--report", "", "expected the name of a file, got ''"},
         }) {
        CAPTURE(option);
        CAPTURE(value);
        const bool attached = option == "--oversubscribe"; // a flag
        const auto parsed =
            attached ? parse({option + value, "p"}) : parse({option, value, "p"});
        REQUIRE(parsed.errors.size() == 1);
        const Error &error = parsed.errors[0];
        CHECK(error.exit == Exit::usage);
        const std::string typed = option == "-np" ? "--np" : option;
        if (what.empty())
            CHECK(error.what.starts_with(typed + ": expected one of ") !=
                  error.what.starts_with(typed + ": expected yes or no"));
        else
            CHECK(error.what == typed + ": " + what);
    }
}

TEST_CASE("placement words are checked by the parsers of job") {
    CHECK_FALSE(parse({"--map-by", "nuna", "p"}));
    CHECK_FALSE(parse({"--rank-by", "cores", "p"}));
    CHECK_FALSE(parse({"--bind-to", "nothing", "p"}));
    CHECK(errors_of({"--bind-to", "nume", "p"}).find("numa") != std::string::npos);
}

TEST_CASE("options that contradict each other") {
    struct Clash {
        Words words;
        std::string what;
    };
    for (const auto &[words, what] : std::vector<Clash>{
             {{"--rec", "local", "--uri", "u"}, "--rec and --uri"},
             {{"--env-all", "--no-env"}, "--env-all and --no-env"},
             {{"--pty", "--stdin", "all"}, "--pty and --stdin"},
             {{"--pty", "--stdin=none"}, "--pty and --stdin"},
             {{"--pty", "--output", "o/"}, "--pty and --output"},
             {{"--tag", "--pty"}, "--pty and --tag"},
             {{"--pty", "--timestamp"}, "--pty and --timestamp"},
         }) {
        CAPTURE(what);
        Words all = words;
        all.push_back("p");
        const auto parsed = parse(all);
        REQUIRE(parsed.errors.size() == 1);
        CHECK(parsed.errors[0].what == what + " contradict each other");
        CHECK(parsed.errors[0].hint.starts_with("leave one out: "));
    }
    CHECK(parse({"--pty", "--stdin", "0", "p"}));
    CHECK(parse({"--pty", "--tag=no", "p"}));
}

TEST_CASE("options that would do nothing") {
    check({
        {{"--on-timeout", "stacks", "p"},
         "--on-timeout does nothing without --timeout | write --timeout TIME too\n"},
        {{"--json", "p"},
         "--json has nothing to print | it goes with --probe, --explain or --display\n"},
        {{"--json", "--probe"}, ""},
        {{"--json=no", "p"}, ""},
        {{"--on-timeout", "stacks", "--timeout", "5", "p"}, ""},
    });
    CHECK(errors_of({"p"}, {"PXLAUNCH_JSON=1", "PXLAUNCH_ON_TIMEOUT=stacks"}).empty());
}

TEST_CASE("options of the whole job belong before the first ':'") {
    for (const auto &option : option_table()) {
        if (option.scope == Scope::app || !option.layered || option.words != nullptr)
            continue;
        CAPTURE(option.name);
        const std::string name = "--" + std::string(option.name);
        Words words{"a", ":", name};
        if (option.needs_argument()) words.emplace_back("1");
        words.emplace_back("b");
        CHECK(errors_of(words).find(
                  name + " belongs to the whole job and stands after ':' | put " + name +
                  " before the first command\n") != std::string::npos);
    }
    CHECK(parse({"a",  ":",  "-n",     "1",  "-N",     "1",           "-c",
                 "1",  "-g", "0",      "-x", "A",      "--unset-env", "B",
                 "-C", "/",  "--path", "/",  "--host", "h",           "b"}));
}

TEST_CASE("all problems are told at once") {
    const auto parsed = parse({"--tiemout", "-n", "x", "--mca", "a", "b", "--grace", "y",
                               "--pty", "--tag", "p"});
    CHECK(parsed.errors.size() == 5);
}
