// rank_environment.cpp - a rank's place, read from its job's layout.
#include "rec/jobs/rank_environment.h"

#include <set>

namespace px::jobs {

job::RankFacts facts_of(const Job &job, int rank) {
    const auto &place = job.layout.ranks[static_cast<std::size_t>(rank)];
    job::RankFacts facts;
    facts.job = job.nspace;
    facts.rank = rank;
    facts.size = static_cast<int>(job.layout.ranks.size());
    facts.local_rank = place.local_rank;
    facts.local_size = 0;
    std::set<int> nodes;
    for (const auto &other : job.layout.ranks) {
        nodes.insert(other.node);
        if (other.node == place.node) ++facts.local_size;
    }
    facts.node = place.node;
    facts.nodes = static_cast<int>(nodes.size());
    facts.app_rank = place.app_rank;
    facts.gpus = place.gpus;
    facts.bound = !place.cpus.empty();
    facts.oversubscribed = job.layout.oversubscribed;
    return facts;
}

void add_rank_environment(const Job &job, int rank, std::vector<std::string> &env) {
    job::add_rank_environment(facts_of(job, rank), env);
}

} // namespace px::jobs
