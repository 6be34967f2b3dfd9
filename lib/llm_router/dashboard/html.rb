# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # How views write numbers, money, times and links.
    # @api private
    module Html
      # In place of what there is not.
      NONE = "–"

      # @param path [String] below where the engine is mounted
      # @param query [Hash] nil values are left out
      # @return [String]
      def to(path, **query)
        query = query.compact
        "#{request.script_name}#{path}#{"?#{query.to_query}" if query.any?}"
      end

      # @return [String] with thousands apart
      def count(number)
        number.to_i.to_s.gsub(/(?<=\d)(?=(?:\d{3})+\z)/, ",")
      end

      # @return [String] rounded down: 99.96 % is not all
      def percent(part, whole)
        return NONE if whole.nil? || whole.zero?

        share = (part * 1000 / whole).floor / 10.0
        return "< 0.1 %" if part.positive? && share.zero?

        "#{share == share.to_i ? share.to_i : share} %"
      end

      # @param amount [BigDecimal, Float, nil] US dollars
      # @return [String] to the cent, or to four decimals below one
      def usd(amount)
        return NONE if amount.nil?
        return "−#{usd(-amount)}" if amount.negative?
        return "$0" if amount.zero?
        return "< $0.0001" if amount < BigDecimal("0.0001")

        whole, decimals = format(amount < BigDecimal("0.01") ? "%.4f" : "%.2f", amount).split(".")
        "$#{count(whole)}.#{decimals}"
      end

      # @param number [Float, nil]
      # @return [String]
      def seconds(number)
        return NONE if number.nil?

        number < 10 ? format("%.2f s", number) : format("%.1f s", number)
      end

      # @return [ActiveSupport::SafeBuffer] in the app's time zone
      def time(moment, format = "%-d %b %H:%M")
        return NONE if moment.nil?

        here = zone ? moment.in_time_zone(zone) : moment.utc
        tag("time", here.strftime(format), datetime: moment.utc.iso8601)
      end

      # @return [ActiveSupport::TimeZone, String, nil] the app's
      def zone
        Database::Period.zone
      end

      # @return [String] how times are to be read
      def zone_name
        zone ? Time.now.in_time_zone(zone).strftime("%Z") : "UTC"
      end

      # @param text [String, nil] of a chain, a feature, a model
      # @return [String]
      def named(text)
        text.to_s.empty? ? NONE : text
      end

      # @return [ActiveSupport::SafeBuffer] an element, escaped
      def tag(name, content = nil, **attributes)
        written = attributes.compact.map { |key, value| " #{key.to_s.tr('_', '-')}=\"#{h(value)}\"" }.join
        "<#{name}#{written}>#{h(content)}</#{name}>".html_safe
      end

      # @return [ActiveSupport::SafeBuffer]
      def join(parts, between = "")
        parts.map { |part| h(part) }.join(between).html_safe
      end
    end
  end
end
