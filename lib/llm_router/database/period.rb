# frozen_string_literal: true

class LlmRouter
  module Database
    # When periods begin and end, in the app's time zone: +config.time_zone+, not the zone that a
    # request has set for its user, or the month would turn at another moment for each of them.
    # @api private
    module Period
      # "total" never ends.
      NAMES = %w[monthly daily total].freeze

      module_function

      # @return [Date]
      def today
        now = Time.now
        zone ? now.in_time_zone(zone).to_date : now.to_date
      end

      # @return [String] {.today}, from what was found out for this day
      def day
        now = Time.now
        zone = self.zone or return now.strftime("%F")
        known, seconds, text = @day
        return text if zone.equal?(known) && seconds.cover?(now.to_i)

        date = now.in_time_zone(zone).to_date
        @day = [zone, midnight(date).to_i...midnight(date.tomorrow).to_i, date.iso8601].freeze
        @day.last
      end

      # @param name [String]
      # @return [Date] when the period that is running now began
      def start(name)
        starts.fetch(name) { today }
      end

      # @return [Hash{String => Date}] when the periods that end began
      def starts
        day = today
        { "monthly" => day.beginning_of_month, "daily" => day }
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

      # @param given [Range, Date, Time, String, nil] see {Queries#spent}
      # @return [Range] of times
      # @raise [ArgumentError]
      def range(given)
        range = times(given)
        return range unless range.begin && range.end && range.begin > range.end

        raise ArgumentError, "period: #{given.inspect} ends before it begins"
      rescue Date::Error
        raise ArgumentError, "period: #{given.inspect} is no month: give one such as \"2026-11\", a day, a year, two " \
                             "of these such as \"2026-11-01..2026-11-28\", a Date or a Range"
      end

      def times(given)
        case given
        when Range then moment(given.begin)...moment(given.end, given.exclude_end? ? 0 : 1)
        when String then named(given)
        else month((given || today).to_date)
        end
      end

      # @param text [String] a day, a month or a year, or two of these
      def named(text)
        first, dots, last = text.partition("..")
        first = days(first.strip)
        last = dots.empty? ? first : days(last.strip)
        midnight(first.begin)...midnight(last.end.tomorrow)
      end

      # @param name [String] of a day, a month or a year
      # @return [Range<Date>]
      def days(name)
        raise Date::Error unless name.match?(/\A[12]\d{3}(?:-\d{1,2}){0,2}\z/)

        date = Date.new(*name.split("-").map { |part| Integer(part, 10) })
        case name.count("-")
        when 0 then date..date.end_of_year
        when 1 then date..date.end_of_month
        else date..date
        end
      end

      def month(date)
        midnight(date.beginning_of_month)...midnight(date.next_month.beginning_of_month)
      end

      def moment(time, days = 0)
        time.is_a?(Date) && !time.is_a?(DateTime) ? midnight(time + days) : time
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
