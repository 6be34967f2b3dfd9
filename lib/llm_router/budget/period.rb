# frozen_string_literal: true

class LlmRouter
  module Budget
    # When periods begin and end, in the app's time zone: +config.time_zone+, not the zone that a
    # request has set for its user, or the month would turn at another moment for each of them.
    # @api private
    module Period
      # "total" never ends.
      NAMES = %w[monthly daily total].freeze

      module_function

      # @return [Date]
      def today
        zone ? Time.now.in_time_zone(zone).to_date : Time.now.to_date
      end

      # @param name [String]
      # @return [Date] when the period that is running now began
      def start(name)
        name == "monthly" ? today.beginning_of_month : today
      end

      # @return [Hash{String => Date}] when the periods that end began
      def starts
        { "monthly" => today.beginning_of_month, "daily" => today }
      end

      # @param row [Budget]
      # @return [Boolean] whether the period that the row counted in has passed
      def over?(row)
        current = starts[row.period]
        !current.nil? && row.period_started_on < current
      end

      # @param name [String]
      # @return [ActiveSupport::TimeWithZone, Time, nil]
      def ends_at(name)
        case name
        when "monthly" then midnight(today.next_month.beginning_of_month)
        when "daily" then midnight(today.tomorrow)
        end
      end

      def midnight(date)
        zone ? date.in_time_zone(zone) : Time.local(date.year, date.month, date.day)
      end

      def zone
        Time.zone_default || Time.zone
      end
    end
  end
end
