# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # The state of each candidate of the app's chains, over all processes: what the record says of the last hour, and
    # the cooldowns that processes share over +config.health_store+.
    # @api private
    class Models
      # Seconds back.
      RECENTLY = 3600
      FAILED = CallRecord::Columns::HOPS.values_at(*CallRecord::Columns::FAILURES).join(" + ").freeze
      private_constant :RECENTLY, :FAILED

      # +word+: off, cooling, failing, up or idle. +until_at+ and +reason+: of a switch or a cooldown. +answered+ and
      # +failed+: in the last hour, at any endpoint.
      State = Struct.new(:candidate, :word, :until_at, :reason, :switch, :answered, :failed, keyword_init: true) do
        def in_words = { "off" => "switched off", "cooling" => "cooling down" }.fetch(word, word)
        def model = candidate.model
        def endpoint = candidate.endpoint.name.to_s
      end

      # @param config [Configuration]
      # @param now [Time]
      def initialize(environment, config = Configuration.current, now = Time.now)
        @environment = environment
        @config = config
        @now = now
      end

      # @return [Array<State>] in the order of the chains
      def all
        @all ||= candidates.map { |candidate| state(candidate) }
      end

      # @return [State]
      def of(candidate)
        all.find { |state| same?(state.candidate, candidate) }
      end

      # @return [Symbol] whether the cooldowns are :shared, of this process :alone, or :unknown because the store failed
      def source
        cooldowns
        @source
      end

      private

      def candidates
        @config.chains.flat_map(&:candidates).uniq { |candidate| [candidate.model, candidate.endpoint.name] }
      end

      def same?(one, other)
        one.model == other.model && one.endpoint.name == other.endpoint.name
      end

      def state(candidate)
        answered, failed = recent.fetch(candidate.model, [0, 0])
        switch = switches.find { |one| one.covers?(candidate.model) }
        until_at, reason = switch ? [switch.expires_at, switch.reason] : cooldowns[candidate]
        word = switch ? "off" : ("cooling" if until_at)
        State.new(candidate: candidate, word: word || traffic(answered, failed), until_at: until_at, reason: reason,
                  switch: switch, answered: answered, failed: failed)
      end

      def switches
        @switches ||= @config.record_calls ? LlmRouter.switches : []
      end

      def traffic(answered, failed)
        return "idle" if (answered + failed).zero?

        failed >= answered ? "failing" : "up"
      end

      # @return [Hash{String => Array(Integer, Integer)}] answers and failures by model
      def recent
        @recent ||= begin
          rows = CallRecord::Stat.where(environment: @environment).where("starts_at > ?", @now - RECENTLY)
          sums = [Traffic::ANSWERED, "SUM(#{FAILED})"].map { |sum| Arel.sql(sum) }
          rows.group(:model).pluck(:model, *sums).to_h { |model, *counts| [model, counts.map(&:to_i)] }
        end
      end

      # @return [Hash{Candidate => Array(Time, String)}] when they end, and why they began
      def cooldowns
        @cooldowns ||= @config.shared_health ? shared : own
      end

      def shared
        @source = :shared
        @config.shared_health.cooldowns(candidates)
      rescue StandardError
        @source = :unknown
        own
      end

      def own
        @source ||= :alone
        health = LlmRouter.health.select(&:next_probe_at)
        candidates.each_with_object({}) do |candidate, found|
          known = health.find { |one| one.model == candidate.model && one.endpoint == candidate.endpoint.name.to_s }
          found[candidate] = [known.next_probe_at, known.last_reason.to_s] if known
        end
      end
    end
  end
end
