# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # What {Telemetry} knows of a call at its end. +unreturned+: model, cost and basis of each attempt whose call was
    # interrupted.
    # @api private
    EndedCall = Struct.new(:used_chain, :labels, :outcome, :hops, :response, :seconds, :unreturned) do
      # @return [String] "" for none, and so below
      def chain_name
        used_chain.name ? used_chain.name.name : ""
      end

      # @return [String]
      def feature
        labels.feature || ""
      end

      # @return [String] the model that answered
      def model
        response ? response.requested_model : ""
      end

      # @return [Boolean] whether a model answered after a hop
      def fallback?
        response ? response.fallback? : false
      end

      # @return [Boolean] whether a model failed or was cooling down
      def troubled?
        hops.any? { |hop| hop.failed? || hop.reason == :cooling_down }
      end

      # @return [Boolean] whether an attempt failed, or nothing answered
      def incident?
        response.nil? || hops.any?(&:failed?)
      end

      # @return [String] the outcome of its hops
      def outcome_of_hops
        outcome == :answered ? Columns::ABSORBED : Columns::LOST
      end
    end
  end
end
