// store.cpp - published values and those who wait for them.
#include "rec/server/store.h"

#include <algorithm>

namespace px::server {

bool Store::has_all(const std::vector<std::string> &keys) const {
    return std::all_of(keys.begin(), keys.end(),
                       [this](const auto &key) { return values_.contains(key); });
}

// What there is of them; what was for one reader is gone then.
std::vector<Store::Found> Store::take(const std::vector<std::string> &keys) {
    std::vector<Found> found;
    for (const auto &key : keys) {
        const auto kept = values_.find(key);
        if (kept == values_.end()) continue;
        found.push_back(kept->second.found);
        if (kept->second.readers == For::first_reader) values_.erase(kept);
    }
    return found;
}

bool Store::publish(const jobs::Peer &by, const std::string &key, Value value,
                    For readers) {
    Kept kept{{by, key, std::move(value)}, readers};
    if (!values_.emplace(key, std::move(kept)).second) return false;
    // Who is answered may publish and ask again from within: first all are taken off the
    // list.
    std::vector<std::pair<Answer, std::vector<Found>>> ready;
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        if (!has_all(at->keys)) {
            ++at;
            continue;
        }
        ready.emplace_back(std::move(at->answer), take(at->keys));
        at = waiting_.erase(at);
    }
    for (const auto &[answer, found] : ready) answer(found);
    return true;
}

unsigned Store::look_up(const jobs::Peer &by, std::vector<std::string> keys, bool wait,
                        Answer answer) {
    if (wait && !has_all(keys)) {
        waiting_.push_back({++last_number_, by, std::move(keys), std::move(answer)});
        return last_number_;
    }
    answer(take(keys));
    return 0;
}

void Store::give_up(unsigned number) {
    const auto at = std::find_if(waiting_.begin(), waiting_.end(),
                                 [&](const auto &each) { return each.number == number; });
    if (at == waiting_.end()) return;
    const Answer answer = std::move(at->answer);
    waiting_.erase(at);
    answer({});
}

void Store::unpublish(const jobs::Peer &by, const std::vector<std::string> &keys) {
    std::erase_if(values_, [&](const auto &entry) {
        const bool named = keys.empty() ||
                           std::find(keys.begin(), keys.end(), entry.first) != keys.end();
        return named && entry.second.found.publisher == by;
    });
}

void Store::forget_peer(const jobs::Peer &lost) {
    waiting_.remove_if([&](const Waiting &each) { return each.by == lost; });
}

void Store::forget_job(const std::string &nspace) {
    std::erase_if(values_, [&](const auto &entry) {
        return entry.second.found.publisher.nspace == nspace;
    });
    waiting_.remove_if([&](const Waiting &each) { return each.by.nspace == nspace; });
}

} // namespace px::server
