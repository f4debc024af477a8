// defaults.cpp - how many ranks, on which nodes, placed and bound how.
#include "pxlaunch/job/defaults.h"

#include "pxlaunch/base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace px::job {

namespace {

std::string short_name(std::string_view host) {
    return std::string(host.substr(0, host.find('.')));
}

bool is_same_host(std::string_view one, std::string_view other) {
    if (one == other) return true;
    const bool both_long = one.find('.') != std::string_view::npos &&
                           other.find('.') != std::string_view::npos;
    return !both_long && short_name(one) == short_name(other);
}

std::string host_of(const std::string &host) { return host.substr(0, host.find(':')); }

class Completion {
  public:
    Completion(Spec &spec, const Asked &asked, const Allocation &allocation,
               Reasons &reasons)
        : spec_(spec), asked_(asked), allocation_(allocation), reasons_(reasons) {}

    std::vector<Error> run() {
        node_count();
        for (auto &app : spec_.apps) hosts(app);
        map();
        for (std::size_t i = 0; i < spec_.apps.size(); ++i) {
            cpus(spec_.apps[i]);
            count(spec_.apps[i], i);
        }
        rank();
        bind();
        if (allocation_.slots_are_cores) {
            for (auto &app : spec_.apps) number_slots(app);
        }
        return std::move(errors_);
    }

  private:
    void because(std::string about, std::string text) {
        reasons_.push_back({std::move(about), std::move(text)});
    }

    [[nodiscard]] std::string where() const {
        return allocation_.name.empty() ? "no allocation" : allocation_.name;
    }

    void node_count() {
        const int have = allocation_.node_count();
        if (asked_.nodes && *asked_.nodes > have) {
            errors_.push_back(usage_error(
                fmt::format("--nodes {}: this server has {}", *asked_.nodes,
                            have == 1 ? "1 node" : fmt::format("{} nodes", have)),
                fmt::format("ask for {}",
                            have == 1 ? "1" : fmt::format("at most {}", have))));
        }
        nodes_ = std::min(asked_.nodes.value_or(have), have);
    }

    [[nodiscard]] bool is_node(const std::string &host) const {
        const auto &nodes = allocation_.nodes;
        if (nodes.empty() || (nodes.size() == 1 && host == "localhost")) return true;
        return std::any_of(nodes.begin(), nodes.end(), [&](const std::string &node) {
            return is_same_host(node, host);
        });
    }

    void hosts(App &app) {
        for (const auto &host : app.hosts) {
            if (is_node(host_of(host))) continue;
            errors_.push_back(usage_error(
                fmt::format("'{}' is not a node of this server", host_of(host)),
                fmt::format("its nodes are {}", join(allocation_.nodes, ", "))));
        }
        if (asked_.excluded.empty()) return;
        if (app.hosts.empty()) app.hosts = allocation_.nodes;
        std::erase_if(app.hosts, [&](const std::string &host) {
            return std::any_of(
                asked_.excluded.begin(), asked_.excluded.end(),
                [&](const std::string &out) { return is_same_host(out, host_of(host)); });
        });
        if (app.hosts.empty() && !allocation_.nodes.empty()) {
            errors_.push_back(
                usage_error("--exclude leaves no node",
                            "exclude fewer nodes, or name others with --host"));
        }
    }

    // PRRTE takes one slot of a host that is named without a number.
    void number_slots(App &app) const {
        for (auto &host : app.hosts) {
            for (std::size_t i = 0; i < allocation_.node_cores.size(); ++i) {
                if (is_same_host(allocation_.nodes[i], host))
                    host += fmt::format(":{}", allocation_.node_cores[i]);
            }
        }
    }

    void map() {
        MapBy &map = spec_.placement.map;
        if (asked_.map) map = *asked_.map;
        because("map", asked_.map ? fmt::format("{}: --map-by", to_string(map))
                                  : "slot: default");
        if (asked_.oversubscribe) {
            if (map.oversubscribe == false) {
                errors_.push_back(usage_error(
                    "--oversubscribe and :NOOVERSUBSCRIBE contradict each other",
                    "leave one out"));
            }
            map.oversubscribe = true;
        }
        map.nolocal |= asked_.nolocal;
        if (map.nolocal && nodes_ == 1) {
            errors_.push_back(usage_error(
                "--nolocal leaves no node: this server has 1 node", "leave it out"));
        }
        if (!map.oversubscribe && !allocation_.managed) {
            map.oversubscribe = true;
            because("oversubscribe", "allowed: outside an allocation");
        }
    }

    void cpus(App &app) {
        const int pe = spec_.placement.map.cpus;
        if (app.cpus_per_rank > 0 && pe > 0 && pe != app.cpus_per_rank) {
            errors_.push_back(
                usage_error(fmt::format("-c {} and :PE={} contradict each other",
                                        app.cpus_per_rank, pe),
                            "leave one out, or make them equal"));
        } else if (app.cpus_per_rank > 0) {
            because("cpus per rank", fmt::format("{}: -c", app.cpus_per_rank));
        } else if (pe > 0) {
            app.cpus_per_rank = pe;
            because("cpus per rank", fmt::format("{}: --map-by :PE={}", pe, pe));
        } else if (allocation_.cpus_per_rank) {
            app.cpus_per_rank = *allocation_.cpus_per_rank;
            because("cpus per rank",
                    fmt::format("{}: {}", app.cpus_per_rank, allocation_.cpus_source));
        }
    }

    void count(App &app, std::size_t index) {
        const std::string about =
            spec_.apps.size() > 1 ? fmt::format("np of application {}", index + 1) : "np";
        const int nodes = nodes_of(app), most = app.per_node * nodes;
        if (app.np > 0) {
            if (app.per_node > 0 && app.np > most) too_many_for_nodes(app, nodes);
            return because(about, fmt::format("{}: -n", app.np));
        }
        if (app.per_node > 0) {
            app.np = most;
            return because(about, fmt::format("{}: -N {} on {} {}", most, app.per_node,
                                              nodes, nodes == 1 ? "node" : "nodes"));
        }
        if (spec_.placement.map.per_object > 0) {
            return because(about, fmt::format("as many as {} gives",
                                              to_string(asked_.map.value_or(MapBy{}))));
        }
        if (const int slots = slots_of(app)) {
            app.np = slots;
            return because(about, fmt::format("{}: slots of the hosts named", slots));
        }
        from_allocation(app, about);
    }

    // Those that --host, --hostfile and --exclude leave to it.
    [[nodiscard]] int nodes_of(const App &app) const {
        std::vector<std::string> seen;
        for (const auto &each : app.hosts) {
            const std::string host = host_of(each);
            if (std::none_of(seen.begin(), seen.end(), [&](const std::string &other) {
                    return is_same_host(other, host);
                })) {
                seen.push_back(host);
            }
        }
        return seen.empty() ? nodes_ : std::min(nodes_, static_cast<int>(seen.size()));
    }

    void too_many_for_nodes(const App &app, int nodes) {
        const int needed = (app.np + app.per_node - 1) / app.per_node;
        errors_.push_back(usage_error(
            fmt::format("-n {} with -N {} needs {} nodes, and there {} {}", app.np,
                        app.per_node, needed, nodes == 1 ? "is" : "are", nodes),
            fmt::format("-N is ranks per node; for {} nodes write --nodes {}",
                        app.per_node, app.per_node)));
    }

    static int slots_of(const App &app) {
        int sum = 0;
        for (const auto &host : app.hosts) {
            const auto colon = host.find(':');
            if (colon == std::string::npos) continue;
            const auto slots = parse_number(std::string_view(host).substr(colon + 1));
            if (slots) sum += static_cast<int>(*slots);
        }
        return sum;
    }

    // Of a number that is for all nodes, as much as the application's nodes are of them.
    [[nodiscard]] int share(int number, const App &app) const {
        const long whole = static_cast<long>(number) * nodes_of(app);
        return std::max(1, static_cast<int>(whole / allocation_.node_count()));
    }

    void from_allocation(App &app, const std::string &about) {
        // Each of several with all that was asked for would never fit.
        if (spec_.apps.size() > 1) {
            app.np = 1;
            return because(about, "1: one of several applications, and no -n");
        }
        const int all = allocation_.node_count(), nodes = nodes_of(app);
        const std::string part =
            nodes < all ? fmt::format(", {} of {} nodes", nodes, all) : std::string();
        if (allocation_.ranks_asked) {
            app.np = share(*allocation_.ranks_asked, app);
            return because(
                about, fmt::format("{}: {}{}", app.np, allocation_.ranks_source, part));
        }
        if (!allocation_.managed || allocation_.cores == 0) {
            app.np = 1;
            return because(about, fmt::format("1: {} and no -n", where()));
        }
        const int each = std::max(1, app.cpus_per_rank);
        app.np = std::max(1, share(allocation_.cores, app) / each);
        because(about,
                fmt::format("{}: {} cores ({}){}, {} each", app.np, allocation_.cores,
                            allocation_.cores_source, part, each));
    }

    [[nodiscard]] bool cpus_given() const {
        return std::any_of(spec_.apps.begin(), spec_.apps.end(),
                           [](const App &app) { return app.cpus_per_rank > 0; });
    }

    void rank() {
        Placement &placement = spec_.placement;
        placement.rank = asked_.rank.value_or(default_rank_by(placement.map));
        because("rank", fmt::format("{}: {}", to_string(placement.rank),
                                    asked_.rank  ? "--rank-by"
                                    : asked_.map ? "goes with --map-by"
                                                 : "default"));
    }

    void bind() {
        Placement &placement = spec_.placement;
        placement.exclusive = allocation_.managed;
        if (asked_.bind) {
            placement.bind = *asked_.bind;
            return because("bind",
                           fmt::format("{}: --bind-to", to_string(placement.bind)));
        }
        if (placement.map.cpus > 0 || placement.map.pe_list) {
            return because("bind", "the cores that --map-by names");
        }
        const bool over = allocation_.managed && asked_.oversubscribe &&
                          allocation_.cores > 0 && spec_.np() > allocation_.cores;
        if (!allocation_.managed || over) {
            placement.bind.none = true;
            return because("bind", over ? "none: more ranks than cores"
                                        : "none: outside an allocation");
        }
        if (!allocation_.unbound_because.empty()) {
            placement.bind.none = true;
            return because("bind", fmt::format("none: {}", allocation_.unbound_because));
        }
        if (allocation_.slots_are_cores && !cpus_given()) {
            placement.bind.object = Object::core;
            return because("bind", "core: default in an allocation without -c");
        }
        because("bind", "each rank's share of the cores: default in an allocation");
    }

    Spec &spec_;
    const Asked &asked_;
    const Allocation &allocation_;
    Reasons &reasons_;
    int nodes_ = 1;
    std::vector<Error> errors_;
};

} // namespace

std::vector<Error> complete(Spec &spec, const Asked &asked, const Allocation &allocation,
                            Reasons &reasons) {
    return Completion(spec, asked, allocation, reasons).run();
}

} // namespace px::job
