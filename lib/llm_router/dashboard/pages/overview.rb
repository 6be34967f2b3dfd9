# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Whether anything is wrong now.
    # @api private
    class Overview < Page
      NEWEST = 8
      # What charts show: name, colour, and the method of a column. Failures are drawn on the scale of the calls.
      MEASURES = [["Calls", "plain", :calls], ["Fell back", "warning", :fallbacks], ["No answer", "bad", :errors],
                  ["p50", "plain", :p50], ["p95", "plain", :p95], ["Cost", "plain", :cost]].freeze
      private_constant :NEWEST

      def title = "Overview"

      # @return [Traffic]
      def traffic
        @traffic ||= Traffic.new(environment)
      end

      # @return [Models]
      def models
        @models ||= Models.new(environment)
      end

      # @return [Condition]
      def condition
        @condition ||= Condition.new(traffic, models.all)
      end

      # @param sums [Traffic::Column]
      # @return [String]
      def figure(measure, sums)
        value = sums.public_send(measure)
        case measure
        when :calls then count(value)
        when :cost then usd(value)
        when :p50, :p95 then seconds(value)
        else percent(value, sums.calls)
        end
      end

      # @return [Array<ActiveRecord::Base>]
      def incidents
        CallRecord::Incident.where(environment: environment).order(created_at: :desc, id: :desc).limit(NEWEST).to_a
      end
    end
  end
end
