# frozen_string_literal: true

class LlmRouter
  module Budget
    # A budget's row with those of its reservations and charges that an act is about, as they are while
    # nobody else can change them; and what the act makes of them. It computes and touches no database.
    # @api private
    class Snapshot
      # @return [Budget] as the database has it
      attr_reader :budget
      # @return [BigDecimal] US dollars
      attr_reader :spent, :reserved
      # @return [BigDecimal, nil] US dollars; nil for no cap
      attr_reader :cap
      # @return [Date]
      attr_reader :period_started_on
      # @return [Array] the ids of reservations that are over
      attr_reader :ended
      # @return [Array<Hash>] rows to add, by column
      attr_reader :new_reservations, :new_charges

      # @param budget [Budget]
      # @param reservations [Array<ActiveRecord::Base>]
      # @param charges [Array<ActiveRecord::Base>]
      # @param cap [BigDecimal, nil] in US dollars; nil for none
      def initialize(budget, reservations:, charges:, cap:)
        @budget = budget
        @reservations = reservations
        @charges = charges
        @cap = cap
        @spent = budget[:spent_usd]
        @reserved = budget[:reserved_usd]
        @ended = []
        @new_reservations = []
        @new_charges = []
        turn
      end

      # Ends the reservations whose leases have expired, as the policy says.
      # @param policy [Symbol] +:charge_estimate+ or +:release+
      def expire(now, policy)
        @reservations.select { |reservation| reservation.expires_at <= now }.sort_by(&:id).each do |reservation|
          finish(reservation)
          estimate(reservation, now) if policy == :charge_estimate
        end
      end

      # @return [Boolean] whether so much more can be reserved
      def fits?(usd)
        @cap.nil? || usd <= left
      end

      # @return [BigDecimal, nil] US dollars neither spent nor reserved; nil without a cap
      def left
        @cap && (@cap - spent - reserved)
      end

      # @return [Boolean] whether it would fit, were it not for what calls under way hold
      def fits_later?(usd)
        @cap.nil? || usd <= @cap - spent
      end

      # @param reservation [Reservation]
      # @param columns [Hash] what is known of the attempt
      def reserve(reservation, columns)
        @reserved += reservation.usd
        new_reservations << { budget_id: budget.id, **reservation.to_h, **columns }
      end

      # Ends the reservation and charges the cost, unless that was done before.
      # @param attempt_id [String]
      # @param cost_usd [BigDecimal]
      # @param columns [Hash] what is known of the attempt
      # @param kind [String] how the cost is known
      def settle(attempt_id, cost_usd, columns, kind = "cost")
        finish_of(attempt_id)
        return if charged?(attempt_id)

        estimate = estimate_of(attempt_id)
        return charge(kind, cost_usd, attempt_id: attempt_id, **columns) unless estimate
        return if kind == "estimate"

        charge("correction", correction(cost_usd, estimate), attempt_id: attempt_id, **columns)
      end

      # Ends the reservation; where its estimate has been charged meanwhile, that is taken back.
      # @param attempt_id [String]
      # @param columns [Hash] what is known of the attempt
      def release(attempt_id, columns)
        estimate_of(attempt_id) ? settle(attempt_id, BigDecimal(0), columns) : finish_of(attempt_id)
      end

      # @return [Array] the row's new values, as {Budget#learn} takes them
      def figures
        [spent, reserved, period_started_on]
      end

      # @return [Boolean] whether there is anything to write
      def changed?
        [ended, new_reservations, new_charges].any?(&:any?)
      end

      private

      def turn
        @period_started_on = budget.period_started_on
        return unless Period.over?(budget)

        @period_started_on = Period.starts.fetch(budget.period)
        @spent = BigDecimal(0)
      end

      def estimate_of(attempt_id)
        @charges.find { |charge| charge.kind == "estimate" && charge.attempt_id == attempt_id }
      end

      def finish_of(attempt_id)
        reservation = @reservations.find { |held| held.attempt_id == attempt_id }
        finish(reservation) if reservation
      end

      def finish(reservation)
        ended << reservation.id
        @reserved -= reservation.usd
      end

      def estimate(reservation, now)
        known = reservation.attributes.slice("attempt_id", "model", "endpoint", "job_id").symbolize_keys
        charge("estimate", reservation.usd, created_at: now, **known)
      end

      # Money of a past period does not return to this one.
      def correction(cost_usd, estimate)
        difference = cost_usd - estimate.cost_usd
        estimate.period_started_on < period_started_on ? [difference, BigDecimal(0)].max : difference
      end

      def charged?(attempt_id)
        @charges.any? { |charge| charge.attempt_id == attempt_id && charge.kind != "estimate" }
      end

      def charge(kind, usd, **columns)
        @spent += usd
        new_charges << { budget_id: budget.id, kind: kind, cost_usd: usd, period_started_on: period_started_on,
                         **columns }
      end
    end
  end
end
