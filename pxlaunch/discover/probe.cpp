// probe.cpp - candidates on paper.
#include "pxlaunch/discover/probe.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace px::discover {

const char *to_string(Candidate::State state) {
    switch (state) {
    case Candidate::usable:
        return "usable";
    case Candidate::refused:
        return "refused";
    case Candidate::absent:
        break;
    }
    return "absent";
}

std::string candidate_table(const std::vector<Candidate> &candidates) {
    std::size_t width = 0;
    for (const Candidate &each : candidates) width = std::max(width, each.name.size());
    std::string text;
    for (const Candidate &each : candidates) {
        if (!text.empty()) text += '\n';
        text += fmt::format("  {:{}}  {:7}  {}", each.name, width, to_string(each.state),
                            each.reason);
    }
    return text;
}

std::string candidate_json(const std::vector<Candidate> &candidates) {
    using Json = nlohmann::ordered_json;
    Json list = Json::array();
    for (const Candidate &each : candidates) {
        list.push_back({{"name", each.name},
                        {"state", to_string(each.state)},
                        {"reason", each.reason},
                        {"hint", each.hint}});
    }
    const Json document{{"version", 1}, {"candidates", list}};
    return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

} // namespace px::discover
