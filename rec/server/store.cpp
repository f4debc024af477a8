// store.cpp - published values and those who wait for them.
#include "rec/server/store.h"

#include <algorithm>

namespace px::server {

std::vector<Store::Found> Store::find(const std::vector<std::string> &keys) const {
    std::vector<Found> found;
    for (const auto &key : keys) {
        if (const auto value = values_.find(key); value != values_.end()) {
            found.push_back(value->second);
        }
    }
    return found;
}

bool Store::publish(const jobs::Peer &by, const std::string &key, Value value) {
    if (!values_.emplace(key, Found{by, key, std::move(value)}).second) return false;
    // Who is answered may publish and ask again from within: first all are taken off the
    // list.
    std::vector<std::pair<Answer, std::vector<Found>>> ready;
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        auto found = find(at->keys);
        if (found.size() < at->keys.size()) {
            ++at;
            continue;
        }
        ready.emplace_back(std::move(at->answer), std::move(found));
        at = waiting_.erase(at);
    }
    for (const auto &[answer, found] : ready) answer(found);
    return true;
}

void Store::look_up(const jobs::Peer &by, std::vector<std::string> keys, bool wait,
                    Answer answer) {
    const auto found = find(keys);
    if (wait && found.size() < keys.size()) {
        waiting_.push_back({by, std::move(keys), std::move(answer)});
    } else {
        answer(found);
    }
}

void Store::unpublish(const jobs::Peer &by, const std::vector<std::string> &keys) {
    std::erase_if(values_, [&](const auto &entry) {
        const bool named = keys.empty() ||
                           std::find(keys.begin(), keys.end(), entry.first) != keys.end();
        return named && entry.second.publisher == by;
    });
}

void Store::forget_job(const std::string &nspace) {
    std::erase_if(values_, [&](const auto &entry) {
        return entry.second.publisher.nspace == nspace;
    });
    waiting_.remove_if([&](const Waiting &each) { return each.by.nspace == nspace; });
}

} // namespace px::server
