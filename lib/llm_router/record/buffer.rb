# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # What a process has counted and not written yet. Counts are kept however long the database is away; incidents up
    # to {MAX_INCIDENTS}, and the number of the others. Not for several threads at once.
    # @api private
    class Buffer
      MAX_INCIDENTS = 1000
      # More rows than this share a row for each five minutes and outcome: an app may make up features and models.
      MAX_ROWS = 5000
      OTHER = "(other)"
      # Characters of the columns: chain, feature, model.
      LIMITS = [64, 128, 191].freeze
      private_constant :LIMITS

      # @return [Hash{Array => Tally}] by starts_at (in slots), chain, feature, model and outcome
      attr_reader :rows
      # @return [Array<Hash>]
      attr_reader :incidents
      # @return [Integer] incidents that were dropped
      attr_reader :dropped

      def initialize
        @rows = {}
        @known = {}
        @size = 0
        @incidents = []
        @dropped = 0
      end

      def empty?
        @rows.empty? && @incidents.empty?
      end

      # @return [Integer]
      def calls
        @rows.each_value.sum(&:calls)
      end

      # @param slot [Integer] five minutes
      # @return [Tally]
      def row(slot, chain, feature, model, outcome)
        # As most calls are of one chain, a few Hashes in each other are quicker than one with Arrays as keys.
        features = @known.dig(slot, outcome, model, chain)
        (features && features[feature]) || know([slot, chain, feature, model, outcome])
      end

      # @param call [EndedCall]
      # @param incident [Hash, nil] its row
      def count(slot, call, incident)
        tally = row(slot, call.chain_name, call.feature, call.model, call.outcome.name)
        tally.call(call)
        call.hops.each { |hop| hop(slot, call, hop) } unless call.hops.empty?
        call.unreturned&.each { |attempt| unreturned(slot, call, *attempt) }
        incident(incident) { tally } if incident
      end

      # @param incident [Hash]
      # @yieldreturn [Tally] of its call, which counts it if it is dropped
      def incident(incident)
        return @incidents << incident if @incidents.size < MAX_INCIDENTS

        @dropped += 1
        yield.dropped
      end

      # @param size [Integer] how many rows, and incidents, each has at most
      # @return [Array<Part>] this one, divided. Rows are in one order, so that no two processes wait for each other
      def parts(size)
        rows = @rows.sort.each_slice(size).to_a
        incidents = @incidents.each_slice(size).to_a
        Array.new([rows.size, incidents.size].max) do |at|
          Part.new(rows.fetch(at, []).to_h, incidents.fetch(at, []), at.zero? ? @dropped : 0)
        end
      end

      # Takes back what could not be written.
      # @param older [Part]
      def restore(older)
        newer = @incidents
        @incidents = older.incidents
        @dropped += older.dropped
        older.rows.each { |key, tally| row(*key).add(tally) }
        newer.each { |incident| incident(incident) { row_of(incident) } }
      end

      private

      def hop(slot, call, hop)
        tally = row(slot, call.chain_name, call.feature, hop.model, call.outcome_of_hops)
        tally.hop(hop)
        tally.cost(hop.cost_usd, hop.cost_basis, call.labels.rows?)
      end

      def unreturned(slot, call, model, usd, basis)
        row(slot, call.chain_name, call.feature, model, call.outcome.name).cost(usd, basis, call.labels.rows?)
      end

      def row_of(incident)
        row(incident.fetch(:created_at).to_i / Columns::SLOT, *incident.values_at(:chain, :feature, :model, :outcome))
      end

      def know(key)
        tally = add(key)
        return tally if @size >= MAX_ROWS

        @size += 1
        slot, chain, feature, model, outcome = key
        chains = (((@known[slot] ||= {})[outcome] ||= {})[model] ||= {})
        (chains[chain] ||= {})[feature] = tally
      end

      # Names are made to fit the columns here, once for each row.
      def add(given)
        slot, *names, outcome = given
        key = [slot, *names.zip(LIMITS).map { |name, limit| fitting(name, limit) }, outcome]
        key = [slot, OTHER, OTHER, OTHER, outcome] if @rows.size >= MAX_ROWS && !@rows.key?(key)
        @rows[key] ||= Tally.new
      end

      def fitting(name, limit)
        name.scrub.delete("\0")[0, limit]
      end
    end
  end
end
