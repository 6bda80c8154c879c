/** The topic name of a type: `trainings` is `Trainings`, `course_dates` and `course-dates` are `CourseDates`. */
export function topicName(type: string): string {
  return type
    .split(/[_-]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}
