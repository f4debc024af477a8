// command.cpp - what the server sees of the job.
#include "pxlaunch/shims/command.h"

#include "pxlaunch/channel/assignment.h"
#include "pxlaunch/channel/frames.h"

#include <unistd.h>
#include <utility>

namespace px::shims {

channel::Hello hello_to(const Report &keeper, const std::string &host) {
    channel::Hello hello;
    hello.protocol = channel::protocol;
    hello.secret = keeper.secret;
    hello.host = host;
    hello.pid = ::getpid();
    return hello;
}

job::Spec under_shims(const job::Spec &spec, const std::string &wrapper,
                      const Report &report, const tool::SpawnExtras &extras,
                      bool seated) {
    channel::Assignment assignment;
    assignment.secret = report.secret;
    assignment.host = report.host;
    assignment.addresses = report.addresses;
    assignment.inherited = spec.inherited;
    assignment.input = spec.io.input;
    assignment.merge_stderr = spec.io.merge_stderr;
    assignment.rows = extras.rows;
    assignment.columns = extras.columns;
    assignment.describe = extras.map_only   ? channel::Describe::only
                          : extras.describe ? channel::Describe::yes
                                            : channel::Describe::no;
    assignment.size = spec.is_counted() ? spec.np() : 0;
    assignment.must_reach = seated;
    job::Spec shimmed = spec;
    int number = 0;
    for (auto &app : shimmed.apps) {
        assignment.directory = app.directory;
        assignment.path = app.path;
        assignment.env = std::move(app.env);
        if (seated) assignment.argv = std::exchange(app.argv, {});
        app.env = channel::to_environment(assignment, seated ? number++ : 0);
        app.argv.insert(app.argv.begin(), {wrapper, "--"});
        app.path.clear();
        // PRRTE looks for the directory itself, and then says no more than "failed".
        app.directory = "/";
    }
    return shimmed;
}

PlaceInJob place_in(const job::Spec &spec, int rank) {
    PlaceInJob place{0, rank};
    for (const auto &each : spec.apps) {
        if (place.rank < each.np) return place;
        place.rank -= each.np;
        ++place.app;
    }
    return {0, rank};
}

} // namespace px::shims
