// placement.cpp - parses and prints the words of --map-by, --rank-by and --bind-to.
#include "pxlaunch/job/placement.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/job/placement_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace px::job {

namespace {

Error bad(std::string_view option, std::string what, std::string hint) {
    return usage_error(fmt::format("{}: {}", option, what), std::move(hint));
}

// "numa:pe=2,span": the first word is apart; Open MPI 4 separated qualifiers with commas.
struct Words {
    std::string first;
    std::vector<std::string> qualifiers;
};

Words words_of(std::string_view text, std::size_t first_parts) {
    auto parts = split(lower(text), ':');
    Words words;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i < first_parts) {
            words.first += (i == 0 ? "" : ":") + parts[i];
        } else {
            for (auto &word : split(parts[i], ','))
                words.qualifiers.push_back(std::move(word));
        }
    }
    return words;
}

Result<int> count_in(std::string_view word, std::string_view digits) {
    const auto number = parse_number(digits, 1'000'000);
    if (number && *number > 0) return static_cast<int>(*number);
    return bad("--map-by", fmt::format("'{}' needs a number of at least 1", word),
               "as in numa:pe=2 or ppr:2:numa");
}

// --- map-by
// --------------------------------------------------------------------------------

Result<Object> map_object(const std::string &word) {
    if (const auto object = object_named(word)) return *object;
    return unknown_word("--map-by", word, map_by_words());
}

Result<void> parse_pattern(MapBy &map, const std::string &text) {
    const auto parts = split(text, ':');
    if (parts.size() != 3) {
        return bad("--map-by", fmt::format("'{}' is not a whole pattern", text),
                   "write ppr:N:OBJECT, as in ppr:2:numa or ppr:4:node");
    }
    map.per_object = PX_TRY(count_in(text, parts[1]));
    map.object = PX_TRY(map_object(parts[2]));
    if (map.object != Object::slot) return {};
    return bad("--map-by", "ppr needs an object to count on, and a slot is none",
               "write ppr:N:node for N ranks on each node");
}

Result<void> add_cpus(std::vector<int> &cpus, std::string_view range) {
    const auto dash = range.find('-');
    const auto first = parse_number(range.substr(0, dash), 65535);
    const auto last = dash == std::string_view::npos
                          ? first
                          : parse_number(range.substr(dash + 1), 65535);
    if (!first || !last || *last < *first) {
        return bad("--map-by", fmt::format("'{}' is not a cpu or a range of cpus", range),
                   "write pe-list=0,2-3");
    }
    for (long cpu = *first; cpu <= *last; ++cpu) {
        if (std::find(cpus.begin(), cpus.end(), cpu) != cpus.end()) {
            return bad("--map-by", fmt::format("cpu {} is twice in pe-list", cpu),
                       "name each cpu once");
        }
        cpus.push_back(static_cast<int>(cpu));
    }
    return {};
}

Result<void> parse_map_object(MapBy &map, const std::string &word) {
    if (word.empty()) return {};
    if (word == "ppr" || word.starts_with("ppr:")) return parse_pattern(map, word);
    constexpr std::string_view list = "pe-list=";
    if (word.starts_with(list)) {
        map.pe_list = true;
        for (const auto &range : split(std::string_view(word).substr(list.size()), ',')) {
            PX_TRY(add_cpus(map.cpu_list, range));
        }
        return {};
    }
    map.object = PX_TRY(map_object(word));
    return {};
}

Result<void> set_oversubscribe(MapBy &map, bool value) {
    if (map.oversubscribe && *map.oversubscribe != value) {
        return bad("--map-by", "oversubscribe and nooversubscribe exclude each other",
                   "keep one of them");
    }
    map.oversubscribe = value;
    return {};
}

Result<void> set_cpu_kind(MapBy &map, std::optional<bool> &kind, bool hwthreads) {
    if (kind && *kind != hwthreads) {
        return bad("--map-by", "hwtcpus and corecpus exclude each other",
                   "keep one of them");
    }
    kind = map.hwthread_cpus = hwthreads;
    return {};
}

Result<void> parse_map_qualifier(MapBy &map, std::optional<bool> &kind,
                                 const std::string &word) {
    if (word == "pe" || word.starts_with("pe=")) {
        map.cpus = PX_TRY(
            count_in(word, std::string_view(word).substr(word.size() > 2 ? 3 : 2)));
        return {};
    }
    if (word == "oversubscribe") return set_oversubscribe(map, true);
    if (word == "nooversubscribe") return set_oversubscribe(map, false);
    if (word == "hwtcpus") return set_cpu_kind(map, kind, true);
    if (word == "corecpus") return set_cpu_kind(map, kind, false);
    bool *flag = word == "span"      ? &map.span
                 : word == "ordered" ? &map.ordered
                 : word == "nolocal" ? &map.nolocal
                                     : nullptr;
    if (flag == nullptr) return unknown_word("--map-by", ":" + word, map_by_words());
    *flag = true;
    return {};
}

Result<void> check(const MapBy &map) {
    const bool by_object = map.object != Object::slot && map.object != Object::node;
    if (map.span && (!by_object || map.per_object > 0 || map.pe_list)) {
        return bad("--map-by", "span only goes with an object of a node",
                   "write core:span, numa:span or package:span");
    }
    if (map.ordered && !map.pe_list) {
        return bad("--map-by", "ordered only goes with pe-list",
                   "write pe-list=0,2-3:ordered");
    }
    if (map.cpus > 0 && map.pe_list) {
        return bad("--map-by", "pe=N and pe-list exclude each other",
                   "pe-list names the cpus itself");
    }
    return {};
}

} // namespace

Result<MapBy> parse_map_by(std::string_view text) {
    const bool pattern = lower(text.substr(0, 4)) == "ppr:";
    const auto words = words_of(text, pattern ? 3 : 1);
    if (text.empty()) return unknown_word("--map-by", "", map_by_words());
    MapBy map;
    std::optional<bool> kind;
    PX_TRY(parse_map_object(map, words.first));
    for (const auto &word : words.qualifiers)
        PX_TRY(parse_map_qualifier(map, kind, word));
    PX_TRY(check(map));
    return map;
}

Result<RankBy> parse_rank_by(std::string_view text) {
    const auto word = lower(text);
    if (word == "slot") return RankBy::slot;
    if (word == "node") return RankBy::node;
    if (word == "fill") return RankBy::fill;
    if (word == "span") return RankBy::span;
    if (object_named(word)) {
        return bad("--rank-by", fmt::format("'{}' is a word of --map-by", text),
                   fmt::format("write --map-by {} --rank-by span, or fill", word));
    }
    return unknown_word("--rank-by", std::string(text), rank_by_words());
}

Result<BindTo> parse_bind_to(std::string_view text) {
    const auto words = words_of(text, 1);
    if (text.empty()) return unknown_word("--bind-to", "", bind_to_words());
    BindTo bind;
    bool no_overload = false;
    const auto object = object_named(words.first);
    bind.none = words.first == "none";
    if (object && *object != Object::slot && *object != Object::node) {
        bind.object = *object;
    } else if (!bind.none && !words.first.empty() && words.first != "default") {
        return unknown_word("--bind-to", words.first, bind_to_words());
    }
    for (const auto &word : words.qualifiers) {
        if (word == "overload-allowed" || word == "overload") {
            bind.overload_allowed = true;
        } else if (word == "no-overload") {
            no_overload = true;
        } else if (word == "if-supported") {
            bind.if_supported = true;
        } else {
            return unknown_word("--bind-to", ":" + word, bind_to_words());
        }
    }
    if (no_overload && bind.overload_allowed) {
        return bad("--bind-to", "overload-allowed and no-overload exclude each other",
                   "keep one of them");
    }
    return bind;
}

RankBy default_rank_by(const MapBy &map) {
    if (map.per_object > 0 || map.pe_list || map.object == Object::slot)
        return RankBy::slot;
    if (map.object == Object::node) return RankBy::node;
    return map.span ? RankBy::span : RankBy::fill;
}

std::string to_string(const MapBy &map) {
    std::string text = to_string(map.object);
    if (map.per_object > 0) text = fmt::format("ppr:{}:{}", map.per_object, text);
    if (map.pe_list) text = fmt::format("pe-list={}", fmt::join(map.cpu_list, ","));
    if (map.cpus > 0) text += fmt::format(":pe={}", map.cpus);
    if (map.span) text += ":span";
    if (map.ordered) text += ":ordered";
    if (map.nolocal) text += ":nolocal";
    if (map.hwthread_cpus) text += ":hwtcpus";
    if (map.oversubscribe)
        text += *map.oversubscribe ? ":oversubscribe" : ":nooversubscribe";
    return text;
}

std::string to_string(RankBy rank) {
    constexpr std::string_view words[] = {"slot", "node", "fill", "span"};
    return std::string(words[static_cast<int>(rank)]);
}

std::string to_string(const BindTo &bind) {
    std::string text = bind.none                     ? "none"
                       : bind.object == Object::slot ? "default"
                                                     : to_string(bind.object);
    if (bind.overload_allowed) text += ":overload-allowed";
    if (bind.if_supported) text += ":if-supported";
    return text;
}

} // namespace px::job
