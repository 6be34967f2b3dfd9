# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Incidents, the newest first, by what one filters for.
    # @api private
    class Incidents < Page
      include Paged

      # Parameter, and the column that it filters.
      FILTERS = { chain: :chain, model: :failed_model, reason: :reason, feature: :feature }.freeze
      # The newest incidents, whose values the filters offer.
      SAMPLE = 1000
      private_constant :SAMPLE

      def title = "Incidents"

      # @return [Array<String>]
      def choices(name)
        column = FILTERS.fetch(name)
        @sample ||= all.order(created_at: :desc).limit(SAMPLE).pluck(*FILTERS.values).transpose
        seen = @sample.fetch(FILTERS.keys.index(name), []) - [""]
        [*seen, *(configured(column) || []), filters[name]].compact.uniq.sort
      end

      # @return [Hash{Symbol => String}]
      def filters
        @filters ||= FILTERS.keys.to_h { |name| [name, @params[name]] }.compact
      end

      # @return [ActiveRecord::Relation]
      def found
        all.where(filters.transform_keys(&FILTERS)).order(created_at: :desc, id: :desc)
      end

      private

      def all
        CallRecord::Incident.where(environment: environment)
      end

      def configured(column)
        return Configuration.current.chain_names.map(&:name) if column == :chain

        Switches.configured_models if column == :failed_model
      end
    end
  end
end
