# frozen_string_literal: true

class LlmRouter
  # The switches in force, as this process knows them. The record reads them from its table.
  # @api private
  module Switches
    @known = [].freeze

    class << self
      # @return [Array<Switch>] the last that were read, without those that have expired since
      def known
        @known.select(&:in_force?)
      end

      # @param switches [Array<Switch>] all that are in force
      # @return [void]
      def replace(switches)
        before = @known
        return if switches.empty? && before.empty?

        @known = switches.dup.freeze
        now = Time.now
        Native::Health.switch(switches.select { |one| one.in_force?(now) }
                                      .map { |one| [one.pattern, one.expires_at - now, one.note] })
        changed(before, switches, now)
      end

      # @param model [String]
      # @return [Boolean] whether calls skip it, unless all of their chain is switched off
      def off?(model)
        !@known.empty? && Native::Health.switched_off?(model)
      end

      # @return [Array<String>]
      def configured_models
        Configuration.current.chains.flat_map(&:models).uniq
      end

      private

      def changed(before, after, now)
        without(after, before, :id).each { |one| say(one.to_s) }
        # Another of the same pattern has taken the place of those that are left out.
        ended = without(without(before, after, :id), after, :pattern).select { |one| one.in_force?(now) }
        ended.each { |one| say("#{one.pattern}: this switch has ended") }
      end

      def without(switches, others, attribute)
        known = others.map(&attribute)
        switches.reject { |one| known.include?(one.public_send(attribute)) }
      end

      def say(text)
        Log.new(Configuration.current.logger).write(:warn) { text }
      end
    end
  end
end
